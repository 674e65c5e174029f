// Minor units as ISO 4217 has them. A browser's own table is for showing, and knows no fractions of some (the rial).
const DECIMALS: Record<string, number> = Object.fromEntries([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ").map((name) => [name, 0]),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((name) => [name, 3]),
]);

/** How many decimals of its unit the minor unit of a currency is. */
export const decimals = (currency: string): number => DECIMALS[currency] ?? 2;
