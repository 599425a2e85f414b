// Shows /openapi.json. Everything comes from this worker: the page works without the Internet.
const fonts = { fontFamily: "system-ui, sans-serif" };
const theme = { typography: { ...fonts, headings: fonts } };
Redoc.init(
  "/openapi.json",
  { theme, hideLoading: true, sortPropsAlphabetically: false },
  document.getElementById("reference"),
);
