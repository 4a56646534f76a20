// Ranks of answers: 1 is the best, equal ranks are ties, null is not ranked. Each function returns new ranks without gaps.

const groupsOf = ranks => [...new Set(ranks.filter(rank => rank !== null))].sort((a, b) => a - b)
    .map(rank => ranks.map((r, i) => r === rank ? i : -1).filter(i => i >= 0));

const ranksOf = (groups, count) => {
    const ranks = Array(count).fill(null);
    groups.filter(group => group.length > 0).forEach((group, place) => group.forEach(i => ranks[i] = place + 1));
    return ranks;
};

const without = (groups, i) => groups.map(group => group.filter(member => member !== i));

export const unrank = (ranks, i) => ranksOf(without(groupsOf(ranks), i), ranks.length);

// Last place, alone.
export const rankLast = (ranks, i) => ranksOf([...without(groupsOf(ranks), i), [i]], ranks.length);

// Before, after or tied with another answer that is ranked.
export function put(ranks, i, where, other) {
    if (i === other)
        return ranks;
    const groups = without(groupsOf(ranks), i);
    const at = groups.findIndex(group => group.includes(other));
    if (where === "tie")
        groups[at].push(i);
    else
        groups.splice(where === "before" ? at : at + 1, 0, [i]);
    return ranksOf(groups, ranks.length);
}

// One place up (step -1) or down (step 1): out of a tie first, then past the neighbour.
export function move(ranks, i, step) {
    if (ranks[i] === null)
        return rankLast(ranks, i);
    const groups = groupsOf(ranks);
    const at = groups.findIndex(group => group.includes(i));
    const tied = groups[at].length > 1;
    if (!tied && !groups[at + step])
        return ranks;
    const neighbour = tied ? groups[at].find(member => member !== i) : groups[at + step][0];
    return put(ranks, i, step < 0 ? "before" : "after", neighbour);
}

// Ties with the answers above, or with those below if it is the first; a tied answer leaves its tie.
export function tie(ranks, i) {
    const groups = groupsOf(ranks);
    const at = groups.findIndex(group => group.includes(i));
    if (at < 0)
        return groups.length > 0 ? put(ranks, i, "tie", groups[groups.length - 1][0]) : rankLast(ranks, i);
    if (groups[at].length > 1)
        return put(ranks, i, "after", groups[at].find(member => member !== i));
    const other = groups[at - 1] ?? groups[at + 1];
    return other ? put(ranks, i, "tie", other[0]) : ranks;
}

// As typed: this place, which others may have too. Gaps stay, since the next keys fill them.
export const typed = (ranks, i, place) => ranks.map((rank, at) => at === i ? Math.min(place, ranks.length) : rank);

export const isTied = (ranks, i) => ranks[i] !== null && ranks.some((rank, at) => at !== i && rank === ranks[i]);
