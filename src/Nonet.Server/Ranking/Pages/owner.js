import { request, wait, element } from "./requests.js";

const at = id => document.getElementById(id);
const percent = share => `${(100 * share).toFixed(1)} %`;
const short = share => share ? `${percent(share.value)} (${share.pairs})` : "";
const long = (share, none) => share ? `${percent(share.value)}, from ${percent(share.low)} to ${percent(share.high)}: ${share.pairs} pairs in ${share.tasks} `
    + (share.tasks === 1 ? "task" : "tasks") : none;
let shown = "";

function show(state) {
    const wanted = state.tasks * state.overlap;
    at("place").textContent = state.place;
    at("progress").max = Math.max(1, wanted);
    at("progress").value = state.ranked;
    at("progress-text").textContent = `${state.ranked} of ${wanted} rankings: ${state.tasks} tasks, ${state.overlap} for each`;
    at("preparation").textContent = state.preparation ?? "";
    at("problem").textContent = state.problem ?? "";
    at("agreement").textContent = long(state.agreement, "No two labellers have ranked the same answers yet.");
    at("reward").textContent = state.hasReward ? long(state.reward, "Nothing to compare yet.") : "No reward model is loaded.";
    const now = JSON.stringify(state.labellers);
    if (now !== shown) // rows that stay keep the focus
        at("labellers").replaceChildren(...state.labellers.map(row));
    shown = now;
}

function row(labeller) {
    const act = (label, does) => {
        const button = element("button", { type: "button", ariaLabel: `${label}: ${labeller.name}` }, label);
        button.addEventListener("click", () => perform(does));
        return button;
    };
    const actions = [];
    if (labeller.link === "in use")
        actions.push(act("Allow another browser", () => request("POST", "/api/owner/allow", { id: labeller.id })));
    if (labeller.link === "in use" || labeller.link === "not used yet")
        actions.push(act("Withdraw", () => request("POST", "/api/owner/revoke", { id: labeller.id })));
    actions.push(act("New link", () => invite(labeller.name)));
    return element("tr", {}, element("th", { scope: "row" }, labeller.name),
        ...[labeller.done, labeller.skipped, labeller.begun, short(labeller.agreement), short(labeller.reward), labeller.link].map(value =>
            element("td", {}, `${value}`)), element("td", {}, ...actions));
}

async function invite(name) {
    const { link } = await request("POST", "/api/owner/invite", { name, days: Number(at("days").value) });
    at("link-text").textContent = `Send this link to ${name}. It is shown once; the browser that opens it first keeps it.`;
    at("link").textContent = link;
    at("copy").hidden = !navigator.clipboard;
}

async function perform(does) {
    try {
        await does();
        show(await request("GET", "/api/owner/state"));
    } catch (error) {
        at("problem").textContent = error.message;
    }
}

at("invite").addEventListener("submit", event => {
    event.preventDefault();
    perform(() => invite(at("name").value.trim()));
});
at("copy").addEventListener("click", () => navigator.clipboard.writeText(at("link").textContent));

for (; ; await wait(2000)) {
    try {
        show(await request("GET", "/api/owner/state"));
        at("live").textContent = "";
    } catch (error) {
        at("live").textContent = error.again ? `${error.message} Trying again` : error.message;
        if (!error.again)
            break;
    }
}
