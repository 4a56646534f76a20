import { request, newId, wait } from "./requests.js";

// Sends what a labeller says, one save at a time, in order, until the server has it. A save that may have arrived is sent again under the same id, which the
// server stores once. What is not confirmed yet survives a reload.

const key = "nonet-unsaved";
const longest = 10000;

export class Saver {
    #sending = null; // { task, body }: the server may have it
    #wanted = null; // { task, state, judgement }: newer
    #running = false;
    #revision = 0;

    // report(text), saved(state), refused(error)
    constructor(report, saved, refused) {
        Object.assign(this, { report, saved, refused });
        try {
            ({ sending: this.#sending = null, wanted: this.#wanted = null, revision: this.#revision = 0 } = JSON.parse(localStorage.getItem(key)) ?? {});
        } catch {
            localStorage.removeItem(key);
        }
    }

    begin(revision) {
        this.#revision = revision;
    }

    get isIdle() {
        return this.#sending === null && this.#wanted === null;
    }

    want(task, state, judgement) {
        this.#wanted = { task, state, judgement };
        this.#keep();
        this.#run();
    }

    // Sends what an earlier visit left.
    async finish() {
        await this.#run(true);
    }

    async #run(quiet = false) {
        if (this.#running)
            return;
        this.#running = true;
        let pause = 250;
        while (!this.isIdle) {
            this.#sending ??= this.#next();
            this.#keep();
            const { task, body } = this.#sending;
            try {
                this.#revision = (await request("POST", `/api/task/${encodeURIComponent(task)}`, body)).revision;
                this.#sending = null;
                this.#keep();
                pause = 250;
                this.report(this.isIdle ? "Saved" : "Saving");
                if (this.isIdle && !quiet)
                    this.saved(body.state);
            } catch (error) {
                if (!error.again) {
                    this.#sending = this.#wanted = null;
                    this.#keep();
                    if (!quiet)
                        this.refused(error);
                    break;
                }
                this.report(`Not saved yet: ${error.message} Trying again`);
                await wait(pause);
                pause = Math.min(2 * pause, longest);
            }
        }
        this.#running = false;
    }

    #next() {
        const { task, state, judgement } = this.#wanted;
        this.#wanted = null;
        return { task, body: { submission: newId(), revision: this.#revision, state, ...judgement } };
    }

    #keep() {
        if (this.isIdle)
            localStorage.removeItem(key);
        else
            localStorage.setItem(key, JSON.stringify({ sending: this.#sending, wanted: this.#wanted, revision: this.#revision }));
    }
}
