// One line on any page is enough: data-* of the script become the attributes of the element it adds.

const ATTRIBUTES = ["server", "municipality", "label", "name", "position", "limit", "open"];
const script = document.currentScript;

function mount() {
  if (!customElements.get("handson-navi")) customElements.define("handson-navi", HandsonNavi);
  if (!script || document.querySelector("handson-navi")) return;
  const element = document.createElement("handson-navi");
  for (const name of ATTRIBUTES) if (name in script.dataset) element.setAttribute(name, script.dataset[name]);
  document.body.append(element);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mount);
else mount();
