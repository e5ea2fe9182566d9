"""A chat room: one page, and a WebSocket that passes on what one visitor says to all.

Nothing in here knows the mount: the page finds the WebSocket beside itself, whatever its own address is.
"""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

LONGEST = 500

app = FastAPI(title="Chat room")
people: set[WebSocket] = set()

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Chat room</title>
<style>:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif } main { max-width: 34rem; margin: 15vh auto 0 }</style>
<main>
  <h1>Chat room</h1>
  <form><label>Say <input name="text" maxlength="500" autocomplete="off" autofocus></label></form>
  <ul></ul>
</main>
<script>
  const address = new URL('ws', location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const form = document.querySelector('form');
  let socket;
  // The app is restarted now and then: whoever was here comes back.
  function enter() {
    socket = new WebSocket(address);
    socket.onclose = () => setTimeout(enter, 1000);
    socket.onmessage = ({data}) => {
      const line = document.createElement('li');
      line.textContent = data;
      document.querySelector('ul').append(line);
    };
  }
  form.onsubmit = (event) => {
    event.preventDefault();
    socket.send(form.text.value);
    form.reset();
  };
  enter();
</script>
"""


@app.get("/")
async def room():
    return HTMLResponse(PAGE)


@app.get("/people")
async def count():
    return {"people": len(people)}


@app.websocket("/ws")
async def chat(visitor: WebSocket):
    await visitor.accept()
    people.add(visitor)
    try:
        while True:
            await say((await visitor.receive_text())[:LONGEST])
    except WebSocketDisconnect:
        pass
    finally:
        people.discard(visitor)


async def say(text: str):
    for each in [*people]:
        try:
            await each.send_text(text)
        except (RuntimeError, WebSocketDisconnect):
            # Left at this moment.
            people.discard(each)
