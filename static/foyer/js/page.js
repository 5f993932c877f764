// What any page may need: every part looks for its data attributes and leaves alone what is not there.
"use strict";

document.documentElement.classList.add("script");

// Sign-in: tell the browser's time zone, for people who have not chosen one.
for (const field of document.querySelectorAll("[data-time-zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}

// A pressed button spins and cannot be pressed again. Coming back through the history makes it fresh.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !button || event.target.method === "dialog") return;
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (event.target.method === "post") event.target.dataset.sent = "yes";
  button.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

document.addEventListener("click", async (event) => {
  const copies = event.target.closest("[data-copies]");
  if (copies) {
    const source = document.querySelector(copies.dataset.copies);
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    copies.classList.add("copied");
    setTimeout(() => copies.classList.remove("copied"), 1500);
  }
  const dismisses = event.target.closest("[data-dismiss]");
  if (dismisses) dismisses.closest(dismisses.dataset.dismiss).remove();
  const opens = event.target.closest("[data-opens]");
  if (opens) document.getElementById(opens.dataset.opens).showModal();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// What unfolds to be filled in comes to the top, so that as much of it as fits is in sight.
for (const details of document.querySelectorAll("details[data-comes-into-view]")) {
  details.addEventListener("toggle", () => {
    if (details.open) details.scrollIntoView({ block: "start" });
  });
}

// What can be undone counts down the seconds, and is gone when it can be undone no more.
function countDown() {
  for (const form of document.querySelectorAll("form[data-until]")) {
    const left = Math.ceil((Date.parse(form.dataset.until) - Date.now()) / 1000);
    if (left > 0) form.querySelector("[data-seconds]").textContent = `${left} s`;
    else form.remove();
  }
}
if (document.querySelector("form[data-until]")) {
  countDown();
  setInterval(countDown, 250);
}

// Filters apply as they are chosen.
for (const form of document.querySelectorAll("form[data-submits-itself]")) {
  form.addEventListener("change", (event) => {
    if (event.target.tagName === "SELECT") form.requestSubmit();
  });
}
