const FREE_DELIVERY_FROM = 3000;
const DELIVERY = 490;
const MOST_OF_ONE = 99;

/**
 * What a basket costs, in cents. `basket` is product id -> quantity, as it came from outside.
 * @throws {RangeError} for anything that is not an orderable basket; the message is for the customer
 */
export function quote(basket, products) {
  if (basket === null || typeof basket !== 'object' || Array.isArray(basket)) {
    throw new RangeError('the basket must be an object of product id and quantity');
  }
  const lines = Object.entries(basket).map(([id, quantity]) => {
    const product = products.find((candidate) => candidate.id === id);
    if (!product) throw new RangeError(`there is no product "${id.slice(0, 40)}"`);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > MOST_OF_ONE) {
      throw new RangeError(`the quantity of ${product.name} must be 1 to ${MOST_OF_ONE}`);
    }
    return { id, quantity, total: product.price * quantity };
  });
  const goods = lines.reduce((sum, line) => sum + line.total, 0);
  const delivery = goods === 0 || goods >= FREE_DELIVERY_FROM ? 0 : DELIVERY;
  return { lines, goods, delivery, total: goods + delivery };
}
