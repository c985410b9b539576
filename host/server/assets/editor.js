// The editor of a prompt: the check and the diff follow what is typed, and a variable goes in where the cursor is.

const form = document.querySelector("form[data-editor]");

if (form) {
  const text = form.querySelector("textarea[name='content']");
  let waiting;
  let asked = 0;

  async function check() {
    const mine = ++asked;
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.dataset.editor, { method: "POST", body });
      if (!answer.ok || mine !== asked) return;
      const part = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("checked");
      if (part) document.getElementById("checked").replaceWith(part);
    } catch {
      // Without a connection the text is still there, and the check follows with the next letter.
    }
  }

  function mark() {
    for (const item of form.querySelectorAll("[data-variable]")) {
      const named = new RegExp(`\\b${item.dataset.variable}\\b`);
      item.classList.toggle("used", named.test(text.value));
    }
  }

  form.addEventListener("input", () => {
    mark();
    clearTimeout(waiting);
    waiting = setTimeout(check, 250);
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-inserts]");
    if (!button) return;
    text.focus();
    // So that it can be taken back with Ctrl Z, as what is typed.
    if (!document.execCommand("insertText", false, button.dataset.inserts)) {
      text.setRangeText(button.dataset.inserts, text.selectionStart, text.selectionEnd, "end");
      text.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  mark();
  if (text.value !== text.defaultValue) check();
}
