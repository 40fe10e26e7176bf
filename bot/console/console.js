// What the console does better with JavaScript; without it every page works too.
"use strict";

// a build: how far it is, without loading the page again and again
const job = document.querySelector("[data-live]");
if (job) {
  const look = async () => {
    try {
      const answer = await fetch("/console/publish/progress", { headers: { Accept: "application/json" } });
      if (!answer.ok) { location.reload(); return; }
      const told = await answer.json();
      if (told.id !== job.dataset.job || !told.under_way) { location.reload(); return; }
      job.querySelector(".job-name").textContent = told.name;
      const step = job.querySelector(".job-step");
      if (step.textContent !== told.step) step.textContent = told.step;
      job.querySelector(".job-bar").value = told.percent;
    } catch { /* the server may be starting again: the next look tells */ }
    setTimeout(look, 1000);
  };
  setTimeout(look, 700);
}

// an upload: what is too large is told before it is sent, and files may be dropped on the form
for (const form of document.querySelectorAll("form[data-upload]")) {
  const field = form.querySelector("input[type=file]");
  const check = () => {
    const most = Number(field.dataset.mostMb), files = [...field.files];
    const large = files.filter((file) => file.size > most * 2 ** 20).map((file) => file.name);
    let fault = "";
    if (files.length > Number(field.dataset.most)) fault = `一度に選べるのは${field.dataset.most}個までです（${files.length}個あります）。`;
    if (large.length) fault = `${large.join("、")} は大きすぎます（上限 ${most}MB）。分けるか、小さく保存し直してください。`;
    field.setCustomValidity(fault);
    if (fault) field.reportValidity();
  };
  field.addEventListener("change", check);
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("dropping"); });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("dropping");
    field.files = event.dataTransfer.files;
    check();
  });
}

// a form is sent once, however often it is clicked
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button:not([type=button])");
    setTimeout(() => { button.disabled = true; if (form.matches("[data-upload]")) button.textContent = "送っています…"; });
  });
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
