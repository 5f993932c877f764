// Single keys for people who review many requests. They can be switched off, and never act while somebody types.
"use strict";

const SEQUENCE_MILLISECONDS = 1200;
let goPressedAt = -Infinity;

function isTyping(target) {
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);
}

function moveRow(step) {
  const links = [...document.querySelectorAll(".row-link")];
  if (!links.length) return false;
  const here = links.indexOf(document.activeElement);
  const there = here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + step, 0), links.length - 1);
  links[there].focus();
  links[there].scrollIntoView({ block: "nearest" });
  return true;
}

function openRow() {
  const link = document.activeElement;
  if (!link || !link.classList.contains("row-link")) return false;
  link.click();
  return true;
}

// Deciding takes two keys: the first puts the focus on the button, Enter presses it.
function focusButton(key) {
  const button = document.querySelector(`[data-focus-key="${CSS.escape(key)}"]`);
  if (!button) return false;
  button.focus();
  button.scrollIntoView({ block: "nearest" });
  return true;
}

function press(key) {
  const element = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!element) return false;
  if (element.tagName === "INPUT") {
    element.focus();
    element.select();
  } else if (element.tagName === "SUMMARY") {
    element.parentElement.open = true;
    element.parentElement.querySelector("textarea").focus();
  } else {
    element.click();
  }
  return true;
}

function showKeys() {
  document.getElementById("keys").showModal();
  return true;
}

function act(key) {
  if (key === "j") return moveRow(1);
  if (key === "k") return moveRow(-1);
  if (key === "o") return openRow();
  if (key === "?") return showKeys();
  return focusButton(key) || press(key);
}

document.addEventListener("keydown", (event) => {
  const typing = isTyping(event.target);
  if (event.key === "Escape" && typing) event.target.blur();
  if (!("shortcuts" in document.body.dataset) || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.length !== 1 || document.querySelector("dialog[open]")) return;
  if (event.repeat && !/^[jk]$/.test(event.key)) return;
  const key = event.timeStamp - goPressedAt < SEQUENCE_MILLISECONDS ? `g ${event.key}` : event.key;
  goPressedAt = event.key === "g" ? event.timeStamp : -Infinity;
  if (act(key)) event.preventDefault();
});

// From here on a key means something, and the buttons may say which.
document.documentElement.classList.add("keys");
