/** The catalogue. Prices are cents. */
export const products = [
  { id: 'bread', name: 'Sourdough bread', price: 480, emoji: '🍞' },
  { id: 'cheese', name: 'Mountain cheese', price: 1250, emoji: '🧀' },
  { id: 'honey', name: 'Forest honey', price: 890, emoji: '🍯' },
  { id: 'apples', name: 'Apples, 1 kg', price: 320, emoji: '🍎' },
  { id: 'coffee', name: 'Coffee beans', price: 1490, emoji: '☕' },
  { id: 'flowers', name: 'Tulips', price: 990, emoji: '🌷' },
];
