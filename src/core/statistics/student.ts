/**
 * Quantile of Student's t distribution: the x with P(T <= x) = probability.
 * `probability` strictly between 0 and 1; `df` > 0, not necessarily whole (Welch). Good to about ten digits.
 */
export function studentQuantile(probability: number, df: number): number {
  if (probability === 0.5) return 0;
  if (probability < 0.5) return -studentQuantile(1 - probability, df);
  const upperTail = 1 - probability;
  let low = 0;
  let high = 1;
  while (tail(high, df) > upperTail && high < 1e150) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-13 * high; i++) {
    const middle = (low + high) / 2;
    if (tail(middle, df) > upperTail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T > x) for x >= 0: half of the regularised incomplete beta function (Abramowitz & Stegun 26.5.27). */
function tail(x: number, df: number): number {
  return incompleteBeta(df / (df + x * x), { a: df / 2, b: 0.5 }) / 2;
}

/** Regularised incomplete beta function I_x(a, b) (Abramowitz & Stegun 26.5.8, 26.5.2). */
function incompleteBeta(x: number, { a, b }: { readonly a: number; readonly b: number }): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges quickly only below the mean of the distribution; above it the mirrored one does.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, { a: b, b: a });
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b));
  return (front / a) * betaFraction(x, a, b);
}

/** The continued fraction of I_x(a, b), evaluated by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 0;
  let result = 1;
  for (let i = 0; i <= 20_000; i++) {
    const m = Math.floor(i / 2);
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    const term = i === 0 ? 1 : i % 2 === 0 ? even : odd;
    d = 1 + term * d;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = 1 + term / c;
    if (Math.abs(c) < tiny) c = tiny;
    result *= c * d;
    if (i > 0 && Math.abs(c * d - 1) < 1e-15) break;
  }
  return result - 1;
}

/** Natural logarithm of the gamma function for x > 0: Stirling's series (Abramowitz & Stegun 6.1.40) after shifting x up. */
function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 15; y++) shift += Math.log(y);
  const inverse = 1 / (y * y);
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / y;
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series - shift;
}
