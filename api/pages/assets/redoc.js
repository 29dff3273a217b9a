window.addEventListener("load", () => {
  Redoc.init("openapi.json", { hideDownloadButtons: true, nativeScrollbars: true }, document.getElementById("page"));
});
