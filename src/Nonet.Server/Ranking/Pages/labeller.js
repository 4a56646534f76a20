import { request, newId, wait, element } from "./requests.js";
import { Saver } from "./saver.js";
import { draggable } from "./drag.js";
import * as places from "./places.js";

const at = id => document.getElementById(id);
const highest = 7;
let task = null; // as the server sent it
let judgement = null; // { ranks, scores, flags }, answers in the order of the page
let cards = [];
let history = [];

const letter = i => String.fromCharCode(65 + i);
const say = text => at("said").textContent = text;
const report = text => at("saved").textContent = text;
const saver = new Saver(report, state => state === "draft" || load(), error => {
    report("");
    if (error.status === 409)
        return load(error.message);
    at("problem").textContent = error.message;
    at("submit").disabled = at("skip").disabled = false;
});

// What the server would store now.
async function load(problem = "", path = "/api/task", body = null) {
    for (let pause = 500; ; pause = Math.min(2 * pause, 10000)) {
        try {
            const reply = await request(body ? "POST" : "GET", path, body);
            show(reply);
            at("problem").textContent = problem;
            return;
        } catch (error) {
            at("problem").textContent = error.message;
            if (!error.again)
                return;
            await wait(pause);
        }
    }
}

function show(reply) {
    at("who").textContent = reply.name;
    at("count").textContent = reply.done === 1 ? "1 task submitted" : `${reply.done} tasks submitted`;
    at("back").disabled = false;
    task = reply.task;
    at("task").hidden = !task;
    at("nothing").hidden = !!task;
    if (!task) {
        at("nothing").textContent = reply.preparing ? "The next answers are still being written. This page looks again by itself."
            : "Nothing is left to rank. Thank you!";
        at("nothing").focus();
        if (reply.preparing)
            setTimeout(() => task === null && load(), 3000);
        return;
    }
    saver.begin(task.revision);
    judgement = { ranks: task.ranks, scores: task.scores, flags: task.flags };
    history = [];
    at("prompt").textContent = task.prompt;
    at("submit").disabled = at("skip").disabled = false;
    cards = task.answers.map((text, i) => card(text, i, reply.flags));
    arrange();
    scrollTo(0, 0);
    at("prompt-title").focus();
}

function card(text, i, flags) {
    const title = element("h3", { id: `title-${i}` }, `Answer ${letter(i)} `, element("span", { className: "place" }));
    const handle = element("span", { className: "handle", ariaHidden: "true", title: "Drag to rank" }, "⠿");
    const act = (label, does) => {
        const button = element("button", { type: "button", ariaLabel: `${label}: answer ${letter(i)}` }, label);
        button.addEventListener("click", () => rank(does(judgement.ranks, i), i, button));
        return button;
    };
    const buttons = {
        last: act("Rank next", places.rankLast), up: act("Up", (ranks, i) => places.move(ranks, i, -1)), down: act("Down", (ranks, i) => places.move(ranks, i, 1)),
        tie: act("Tie", places.tie), none: act("Unrank", places.unrank),
    };
    const score = element("fieldset", { className: "score" }, element("legend", {}, "Score"));
    for (let n = 1; n <= highest; n++) {
        const radio = element("input", { type: "radio", name: `score-${i}`, value: n });
        radio.addEventListener("change", () => change({ scores: judgement.scores.with(i, n) }, `Answer ${letter(i)}: score ${n}`));
        score.append(element("label", {}, radio, `${n}`));
    }
    const boxes = flags.map(flag => {
        const box = element("input", { type: "checkbox", value: flag.name });
        box.addEventListener("change", () => {
            const others = judgement.flags[i].filter(name => name !== flag.name);
            change({ flags: judgement.flags.with(i, box.checked ? [...others, flag.name] : others) },
                `Answer ${letter(i)}: ${flag.label}, ${box.checked ? "set" : "not set"}`);
        });
        return element("label", {}, box, flag.label);
    });
    const all = element("details", { className: "flags" }, element("summary", {}, "Flags"), ...boxes);
    const answer = text === "" ? element("p", { className: "empty" }, "(empty answer)") : element("div", { className: "text" }, text);
    const made = element("li", { className: "card", tabIndex: 0 }, element("div", { className: "top" }, handle, title, ...Object.values(buttons)), answer,
        element("div", { className: "more" }, score, all));
    made.setAttribute("aria-labelledby", title.id);
    made.dataset.answer = i;
    made.addEventListener("keydown", event => event.target === made && keys(event, i));
    draggable(handle, made, target);
    return Object.assign(made, { buttons, place: title.lastChild, summary: all.firstChild });
}

// Sorts the cards into the two lists and shows the judgement on them.
function arrange() {
    const { ranks, scores, flags } = judgement;
    const focused = document.activeElement; // an element that moves loses the focus
    const ordered = ranks.map((rank, i) => i).filter(i => ranks[i] !== null).sort((a, b) => ranks[a] - ranks[b] || a - b);
    at("ranked").replaceChildren(...ordered.map(i => cards[i]));
    at("unranked").replaceChildren(...cards.filter((_, i) => ranks[i] === null));
    at("ranked-empty").hidden = ordered.length > 0;
    at("unranked-empty").hidden = ordered.length < ranks.length;
    cards.forEach((made, i) => {
        const ranked = ranks[i] !== null;
        made.place.textContent = place(i);
        made.classList.toggle("tied", ranked && ordered.some(j => ranks[j] === ranks[i] && ordered.indexOf(j) < ordered.indexOf(i)));
        made.buttons.last.hidden = ranked;
        for (const name of ["up", "down", "none"])
            made.buttons[name].hidden = !ranked;
        made.buttons.tie.hidden = ordered.length < (ranked ? 2 : 1);
        made.buttons.tie.textContent = places.isTied(ranks, i) ? "Untie" : "Tie";
        made.querySelectorAll("input[type=radio]").forEach(radio => radio.checked = scores[i] === Number(radio.value));
        made.querySelectorAll("input[type=checkbox]").forEach(box => box.checked = flags[i].includes(box.value));
        made.summary.textContent = flags[i].length > 0 ? `Flags (${flags[i].length})` : "Flags";
    });
    at("undo").disabled = history.length === 0;
    if (focused?.isConnected && !focused.hidden)
        focused.focus({ preventScroll: true });
}

function place(i) {
    const { ranks } = judgement;
    if (ranks[i] === null)
        return "";
    const others = ranks.map((rank, j) => j !== i && rank === ranks[i] ? letter(j) : "").filter(Boolean);
    return `· place ${ranks[i]}${others.length > 0 ? `, tied with ${others.join(", ")}` : ""}`;
}

function rank(ranks, i, focus = cards[i]) {
    change({ ranks }, null);
    (focus.hidden ? cards[i] : focus).focus({ preventScroll: true });
    cards[i].scrollIntoView({ block: "nearest" });
    say(ranks[i] === null ? `Answer ${letter(i)}: not ranked` : `Answer ${letter(i)} ${place(i).slice(2)}`);
}

function change(part, said) {
    history.push(judgement);
    judgement = { ...judgement, ...part };
    arrange();
    if (said)
        say(said);
    save("draft");
}

function save(state) {
    report("Saving");
    saver.want(task.id, state, judgement);
}

function undo() {
    if (history.length === 0)
        return;
    judgement = history.pop();
    arrange();
    say("The last change is undone");
    save("draft");
}

function submit(state) {
    if (!task || at("submit").disabled)
        return;
    at("problem").textContent = "";
    if (state === "done" && judgement.ranks.filter(rank => rank !== null).length < 2) {
        at("problem").textContent = "Rank at least two answers, or skip the task.";
        return;
    }
    at("submit").disabled = at("skip").disabled = true;
    save(state);
}

function keys(event, i) {
    const { ranks } = judgement;
    const shown = [...document.querySelectorAll(".card")];
    const next = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.ctrlKey || event.metaKey)
        return;
    if (next && event.altKey)
        rank(places.move(ranks, i, next), i);
    else if (next)
        shown[shown.indexOf(cards[i]) + next]?.focus();
    else if (/^[1-9]$/.test(event.key) && !event.altKey)
        rank(places.typed(ranks, i, Number(event.key)), i);
    else if (event.key.toLowerCase() === "t" && !event.altKey)
        rank(places.tie(ranks, i), i);
    else if (event.key === "Delete" || event.key === "Backspace" || event.key === "0")
        rank(places.unrank(ranks, i), i);
    else
        return;
    event.preventDefault();
}

// The place below the pointer: a third above a card, on it, below it; a list's free space; the cards that are not ranked.
function target(x, y, dragged) {
    const i = Number(dragged.dataset.answer);
    const below = document.elementFromPoint(x, y);
    const over = below?.closest(".card");
    if (over && over !== dragged && over.parentElement === at("ranked")) {
        const box = over.getBoundingClientRect();
        const part = (y - box.top) / box.height;
        const where = part < 1 / 3 ? "before" : part > 2 / 3 ? "after" : "tie";
        return { element: over, mark: `drop-${where}`, drop: () => rank(places.put(judgement.ranks, i, where, Number(over.dataset.answer)), i) };
    }
    const section = below?.closest("section");
    if (section?.contains(at("ranked")))
        return { element: at("ranked"), mark: "drop-end", drop: () => rank(places.rankLast(judgement.ranks, i), i) };
    if (section?.contains(at("unranked")))
        return { element: at("unranked"), mark: "drop-end", drop: () => rank(places.unrank(judgement.ranks, i), i) };
    return null;
}

at("submit").addEventListener("click", () => submit("done"));
at("skip").addEventListener("click", () => submit("skipped"));
at("undo").addEventListener("click", undo);
at("back").addEventListener("click", async () => {
    if (!saver.isIdle)
        return;
    at("back").disabled = true;
    await load("", "/api/undo", { submission: newId() });
    at("back").disabled = false;
});
document.addEventListener("keydown", event => {
    if (!(event.ctrlKey || event.metaKey))
        return;
    if (event.key === "Enter")
        submit("done");
    else if (event.key.toLowerCase() === "z" && !event.shiftKey)
        undo();
    else
        return;
    event.preventDefault();
});

await saver.finish();
load();
