// What Fellwheel sells, and what lands in a basket.
import type { Random } from './random.ts';

/** What the trade pays of the price in the shop. */
const TRADE = 0.62;
/** What a shop of usual size spends on one line, before that. */
const TRADE_LINE = 250;

type Product = readonly [name: string, price: number, popularity: number];

/** Name, price in the shop in pounds, and how often it is bought compared with others. */
export const catalogue: readonly Product[] = [
  ['Kestrel 28 rucksack', 84.95, 9],
  ['Ridgeline 45 rucksack', 129, 5],
  ['Cragsman waterproof jacket', 159.95, 7],
  ['Tarn down jacket', 189, 4],
  ['Beck softshell trousers', 79.5, 7],
  ['merino base layer', 54.95, 10],
  ['merino socks (twin pack)', 22.5, 16],
  ['Scree walking boots', 144.95, 6],
  ['Gill trail running shoes', 104.95, 8],
  ['Borrowdale two-person tent', 279, 3],
  ['Helvellyn four-season tent', 465, 1],
  ['Cirrus down sleeping bag', 219.95, 2],
  ['Sike camping stove', 62.95, 5],
  ['insulated bottle', 27.5, 12],
  ['carbon trekking poles', 94.95, 5],
  ['head torch 400', 44.95, 9],
  ['Pike climbing harness', 64.95, 3],
  ['60 m dynamic rope', 139.95, 2],
  ['Fellwheel commuter bike', 749, 2],
  ['Calder gravel bike', 1549, 1.4],
  ['Gisburn trail hardtail', 1295, 1.2],
  ['Garburn full-suspension bike', 2690, 0.5],
  ['Wharfe e-bike', 2295, 0.6],
  ["children's bike 20 inch", 329, 2],
  ['Arc road helmet', 89.95, 6],
  ['trail helmet', 109.95, 4],
  ['winter cycling gloves', 34.95, 8],
  ['cycling bib shorts', 84.95, 5],
  ['front and rear light set', 59.95, 9],
  ['tubeless tyre 700x40', 46.95, 8],
  ['inner tubes (three)', 17.95, 14],
  ['chain lube and cleaner', 19.95, 12],
  ['folding multi-tool', 29.95, 8],
  ['track pump', 42.95, 5],
  ['bikepacking bag set', 164.95, 3],
  ['pair of panniers', 119.95, 4],
  ['GPS bike computer', 249, 2],
  ['weatherproof Ordnance map', 14.99, 9],
];

const choices = catalogue.map((product) => [product, product[2]] as const);
// Shops and hire centres stock what sells in numbers.
const tradeChoices = catalogue.filter(([, price]) => price < 1600).map((product) => [product, product[2]] as const);

/** `product` is the first of its lines. */
export type Basket = { text: string; product: string; total: number; items: number };

/** What a private customer puts in the basket; `means` above 1 buys more. */
export function basket(random: Random, means: number): Basket {
  const wanted = random.weighted([
    [1, 5],
    [2, 4],
    [3, 2],
    [4, 1],
  ] as const);
  const lines = new Map<Product, number>();
  for (let n = 0; n < wanted; n++) {
    const product = random.weighted(choices);
    // Who has little to spend looks twice at a bike.
    if (product[1] > 400 && !random.chance(Math.min(0.9, means * 0.45))) continue;
    lines.set(product, (lines.get(product) ?? 0) + (product[1] < 50 && random.chance(0.25 * means) ? 2 : 1));
  }
  if (lines.size === 0) lines.set(catalogue[6]!, 1);
  return total(lines, 1);
}

/** What a trade customer orders; `size` is 1 for a shop and more for a chain. */
export function tradeBasket(random: Random, size: number): Basket {
  const lines = new Map<Product, number>();
  const wanted = random.int(2, 5);
  for (let n = 0; n < wanted; n++) {
    const product = random.weighted(tradeChoices);
    lines.set(product, Math.max(1, Math.round((TRADE_LINE / product[1]) * size * random.factor(0.5))));
  }
  return total(lines, TRADE);
}

function total(lines: Map<Product, number>, rate: number): Basket {
  const entries = [...lines];
  return {
    text: entries.map(([[name], count]) => `${count} × ${name}`).join(', '),
    product: entries[0]![0][0],
    total: Math.round(entries.reduce((sum, [[, price], count]) => sum + price * count * rate, 0) * 100) / 100,
    items: entries.reduce((sum, [, count]) => sum + count, 0),
  };
}

/** The name of a product, as people ask about it. */
export function someProduct(random: Random): string {
  return random.weighted(choices)[0];
}
