// Colours derived from the operator's: text on it, and tones of it that are readable on the page.

type Color = [red: number, green: number, blue: number];

const WHITE: Color = [255, 255, 255];
const BLACK: Color = [0, 0, 0];

/** The page's darkest light and lightest dark background, on which links must be readable. */
const LIGHT_SURFACE: Color = [238, 240, 244];
const DARK_SURFACE: Color = [39, 44, 54];
const LINK_CONTRAST = 5;

/** Sets the custom properties that styles.css takes for the accent colour. */
export function applyBrand(hex: string): void {
  const brand = parse(hex);
  const onBrand = contrast(brand, WHITE) >= contrast(brand, BLACK) ? WHITE : BLACK;
  const style = document.documentElement.style;
  style.setProperty("--brand", css(brand));
  style.setProperty("--on-brand", css(onBrand));
  style.setProperty("--link-on-light", css(readable(brand, LIGHT_SURFACE, BLACK)));
  style.setProperty("--link-on-dark", css(readable(brand, DARK_SURFACE, WHITE)));
}

/** The colour, mixed with `towards` as little as its contrast with the surface needs. */
function readable(color: Color, surface: Color, towards: Color): Color {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(color, towards, share);
    if (contrast(mixed, surface) >= LINK_CONTRAST) return mixed;
  }
  return towards;
}

function parse(hex: string): Color {
  const digits = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit).join("") : hex.slice(1);
  return [0, 2, 4].map((start) => Number.parseInt(digits.slice(start, start + 2), 16)) as Color;
}

const css = (color: Color) => `rgb(${color.map(Math.round).join(" ")})`;

const mix = (color: Color, other: Color, share: number) =>
  color.map((part, index) => part + ((other[index] ?? 0) - part) * share) as Color;

/** The contrast ratio of WCAG 2. */
function contrast(one: Color, other: Color): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: Color): number {
  const [red = 0, green = 0, blue = 0] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
