import { expect } from '@playwright/test';
import { test } from './shop.js';

test('a customer fills a basket', async ({ page, origin }) => {
  await page.goto(origin);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The corner shop');
  await expect(page.locator('#shelf li')).toHaveCount(6);
  await page.getByRole('button', { name: 'Add Sourdough bread to the basket' }).click();
  await expect(page.locator('#total')).toHaveText('€9.70');
  await page.getByRole('button', { name: 'Add Coffee beans to the basket' }).click();
  await page.getByRole('button', { name: 'Add Coffee beans to the basket' }).click();
  await expect(page.locator('#lines')).toContainText('2 × Coffee beans: €29.80');
  await expect(page.locator('#delivery')).toHaveText('€0.00');
});

test('the page says which release it is', async ({ page, origin }) => {
  await page.goto(origin);
  await expect(page.locator('#frontend-version')).not.toHaveText('unknown');
  await expect(page.locator('#backend-version')).toHaveText(/^\d+\.\d+\.\d+/);
});
