// ipywidgets gives sliders no name, pictures no alt and buttons no state that a screen reader could say.
// This keeps those attributes in step with what is seen.

const NEWS = { childList: true, characterData: true, subtree: true, attributeFilter: ["class"] };

const words = (element) => element?.innerText.trim().replace(/\s+/g, " ") ?? "";

const labelled = (control) =>
  [control.closest(".widget-inline-hbox"), control.closest(".crm-lever")]
    .map((row) => words(row?.querySelector(".widget-label")))
    .find(Boolean);

const named = (icon) => [...icon.classList].find((name) => name.startsWith("fa-")).slice(3);

function say(element, attribute, value) {
  if (value !== undefined && element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
}

function tell(deck) {
  const all = (selector, what) => deck.querySelectorAll(selector).forEach(what);
  all(".noUi-handle, input, select", (one) => say(one, "aria-label", labelled(one) || one.title || undefined));
  all("button > i.fa", (icon) => say(icon.parentElement, "aria-label", words(icon.parentElement) || named(icon)));
  all("img.widget-image", (one) => say(one, "alt", "")); // the text beside it says what it shows
  all(".crm-panel, .crm-table", (one) => say(one, "tabindex", "0")); // they scroll, so keys must reach them
  all(".crm-status", (one) => say(one, "role", "status"));
  all(".widget-toggle-button, .widget-toggle-buttons button", (one) =>
    say(one, "aria-pressed", String(one.classList.contains("mod-active"))));
  all(".crm-cell-button", (one) => say(one, "aria-expanded", String(one.classList.contains("crm-open"))));
}

export default {
  render({ el }) {
    const observer = new MutationObserver(() => tell(el.closest(".crm-deck")));
    const start = () => {
      const deck = el.closest(".crm-deck");
      if (!deck) return requestAnimationFrame(start); // not yet in the page
      tell(deck);
      observer.observe(deck, NEWS);
    };
    start();
    return () => observer.disconnect();
  },
};
