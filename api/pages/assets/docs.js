window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#page",
    deepLinking: true,
    filter: true,
    validatorUrl: null,
    tryItOutEnabled: true,
  });
});
