// What the worker writes into the page's meta element: the operator's name, colour and logo.

/** The operator's settings of a page. */
export interface Settings {
  name: string;
  color: string;
  logo: string | null;
  /** Origins of pages that may embed this one and give it a token. */
  origins: string[];
}

/** What holds where the operator sets nothing. */
export const DEFAULT_SETTINGS: Settings = { name: "Webhooks", color: "#4f46e5", logo: null, origins: [] };

/** Reads the settings of the meta element with this name. What is missing or malformed is as by default. */
export function readSettings(metaName: string): Settings {
  const content = document.querySelector(`meta[name="${metaName}"]`)?.getAttribute("content") ?? "";
  const found = parseObject(content);
  return {
    name: typeof found.name === "string" && found.name.trim() ? found.name.trim() : DEFAULT_SETTINGS.name,
    color: isColor(found.color) ? found.color : DEFAULT_SETTINGS.color,
    logo: isLogo(found.logo) ? found.logo : DEFAULT_SETTINGS.logo,
    origins: Array.isArray(found.origins) ? found.origins.filter(isOrigin) : DEFAULT_SETTINGS.origins,
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isColor(value: unknown): value is string {
  return typeof value === "string" && /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(value);
}

function isLogo(value: unknown): value is string {
  return typeof value === "string" && /^(data:image\/|\/(?!\/))/.test(value);
}

function isOrigin(value: unknown): value is string {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  return new URL(value).origin === value;
}
