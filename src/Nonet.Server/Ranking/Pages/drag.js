// Drags a card by its handle, with a mouse, a pen or a finger. target(x, y, dragged) names the place below the pointer: { element, mark, drop }.

const edge = 60;

export function draggable(handle, card, target) {
    handle.addEventListener("pointerdown", down => {
        if (down.button !== 0)
            return;
        down.preventDefault();
        handle.setPointerCapture(down.pointerId);
        card.classList.add("dragged");
        let over = null;
        const mark = next => {
            over?.element.classList.remove(over.mark);
            next?.element.classList.add(next.mark);
            over = next;
        };
        const follow = event => {
            mark(target(event.clientX, event.clientY, card));
            if (event.clientY < edge)
                scrollBy(0, -12);
            else if (event.clientY > innerHeight - edge)
                scrollBy(0, 12);
        };
        const end = event => {
            handle.removeEventListener("pointermove", follow);
            handle.removeEventListener("pointerup", end);
            handle.removeEventListener("pointercancel", end);
            const chosen = over;
            mark(null);
            card.classList.remove("dragged");
            if (event.type === "pointerup")
                chosen?.drop();
        };
        handle.addEventListener("pointermove", follow);
        handle.addEventListener("pointerup", end);
        handle.addEventListener("pointercancel", end);
    });
}
