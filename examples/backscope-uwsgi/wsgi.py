"""backscope as it was in 2021, in small: no database yet."""

from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/api/get_oeis_values/<oeis_id>/<int:count>")
def get_oeis_values(oeis_id, count):
    if oeis_id != "A000040":
        return jsonify(error=f"there is no sequence {oeis_id} here"), 404
    return jsonify(id=oeis_id, values=primes(min(count, 1024)))


def primes(count):
    found = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found if prime * prime <= number):
            found.append(number)
        number += 1
    return found
