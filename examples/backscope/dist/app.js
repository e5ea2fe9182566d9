// A front end that does its own routing: every path that is no file is a page of it.
const [, sequence = 'A000040', count = '32'] = /^\/sequence\/(A\d{6})(?:\/(\d+))?$/.exec(location.pathname) ?? [];
const main = document.querySelector('#app');
fetch(`/api/get_oeis_values/${sequence}/${count}`)
  .then((response) => response.json())
  .then(({id, values, error}) => {
    main.textContent = error ?? `${id}: ${values.join(', ')}`;
  })
  .catch((error) => {
    main.textContent = `The server does not answer: ${error.message}`;
  });
