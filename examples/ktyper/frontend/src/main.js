const {api} = document.currentScript.dataset;
document.querySelector('#app').innerHTML = `
  <h1>ktyper</h1>
  <form><input type="file" name="genome" required> <button>Type it</button></form>
  <output></output>`;
const form = document.querySelector('form');
const show = (text) => (document.querySelector('output').textContent = text);
form.onsubmit = async (event) => {
  event.preventDefault();
  const {job} = await (await fetch(`${api}/jobs`, {method: 'POST', body: new FormData(form)})).json();
  for (;;) {
    const {state, result} = await (await fetch(`${api}/jobs/${job}`)).json();
    show(result || state);
    if (state === 'completed') return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};
