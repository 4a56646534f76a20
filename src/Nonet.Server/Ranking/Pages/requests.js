// Requests to the server. What it refuses is an error with a status; a lost connection or a failing database is one with `again`.

export async function request(method, path, body) {
    let response;
    try {
        response = await fetch(path, {
            method,
            headers: body ? { "Content-Type": "application/json" } : {},
            body: body && JSON.stringify(body),
            keepalive: method === "POST",
        });
    } catch {
        throw Object.assign(new Error("The server cannot be reached."), { again: true });
    }
    const reply = response.status === 204 ? null : await response.json().catch(() => null);
    if (!response.ok)
        throw Object.assign(new Error(reply?.error ?? `The server replied ${response.status}.`), { status: response.status, again: response.status >= 500 });
    return reply;
}

export const wait = milliseconds => new Promise(done => setTimeout(done, milliseconds));

// An id for a request that may be sent twice. crypto.randomUUID needs https; this does not.
export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");

export function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
}
