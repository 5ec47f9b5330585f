/* global document */
import { money, withOneMore } from './basket.js';

const byId = (id) => document.getElementById(id);
let basket = {};
let products = [];

async function ask(path, options) {
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function showShelf() {
  byId('shelf').replaceChildren(
    ...products.map((product) => {
      const item = document.createElement('li');
      const add = element('button', 'Add to basket');
      add.setAttribute('aria-label', `Add ${product.name} to the basket`);
      add.addEventListener('click', () => {
        basket = withOneMore(basket, product.id);
        void showBasket();
      });
      const emoji = element('span', product.emoji, 'emoji');
      emoji.setAttribute('aria-hidden', 'true');
      item.append(emoji, element('strong', product.name), element('span', money(product.price)), add);
      return item;
    }),
  );
}

async function showBasket() {
  try {
    const answer = await ask('/api/quote', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(basket),
    });
    byId('empty').hidden = answer.lines.length > 0;
    byId('lines').replaceChildren(
      ...answer.lines.map((line) => {
        const product = products.find((candidate) => candidate.id === line.id);
        return element('li', `${line.quantity} × ${product.name}: ${money(line.total)}`);
      }),
    );
    byId('delivery').textContent = money(answer.delivery);
    byId('total').textContent = money(answer.total);
    byId('message').textContent = '';
  } catch (error) {
    byId('message').textContent = error.message;
  }
}

async function open() {
  const [shelf, own, other] = await Promise.allSettled([
    ask('/api/products'),
    ask('/version'),
    ask('/api/version'),
  ]);
  byId('frontend-version').textContent = own.value?.version ?? 'unknown';
  byId('backend-version').textContent = other.value?.version ?? 'unknown';
  if (shelf.status === 'rejected') byId('message').textContent = shelf.reason.message;
  else {
    products = shelf.value;
    showShelf();
  }
}

void open();
