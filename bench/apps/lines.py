"""Prints two million numbered lines as fast as it can once it is told to, and then sleeps."""

import os
import time

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = 2_000_000

started = os.path.join(HERE, "lines-started")
if os.path.exists(started):  # started anew: never twice the same line
    time.sleep(100_000)
while not os.path.exists(os.path.join(HERE, "go")):
    time.sleep(0.02)
with open(started, "w") as mark:
    mark.write("")
begun = time.time()
for number in range(COUNT):
    os.write(1, f"line {number} {'x' * (number % 90)}\n".encode())
with open(os.path.join(HERE, "lines-done"), "w") as mark:
    mark.write(str(time.time() - begun))
time.sleep(100_000)
