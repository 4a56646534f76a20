using System.Text.Json.Nodes;

namespace Nonet.Server.Tests.Browsers;

/// <summary>A page of a <see cref="Browser"/>, with a keyboard, a mouse and a finger.</summary>
sealed class Page(Browser browser, string session)
{
    const int Alt = 1, Control = 2;

    public Task<JsonNode> Send(string method, JsonObject? parameters = null) => browser.Send(method, parameters ?? [], session);

    public async Task GoTo(string url)
    {
        await Send("Page.navigate", new() { ["url"] = url });
        await Until("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// <summary>Value of an expression of JavaScript.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        var reply = await Send("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        return reply["exceptionDetails"] is { } error ? throw new InvalidOperationException($"{expression}: {error.ToJsonString()}")
            : reply["result"]!["value"];
    }

    public async Task<string> Text(string expression) => (await Evaluate(expression))!.GetValue<string>();

    /// <summary>
    /// Waits until an expression is true. It may fail meanwhile, as the elements of the next page are not there yet, and so may its evaluation, where the page
    /// gives way to the next one ("Inspected target navigated or closed").
    /// </summary>
    public Task Until(string expression) =>
        Eventually.Holds(() => IsTrue(expression), async () => $"the page {await Text("`${document.body?.innerText}`")}", expression);

    async Task<bool> IsTrue(string expression)
    {
        try
        {
            return (await Evaluate($"(() => {{ try {{ return !!({expression}); }} catch {{ return false; }} }})()"))!.GetValue<bool>();
        }
        catch (BrowserException)
        {
            return false;
        }
    }

    public async Task Click(string selector)
    {
        var (x, y) = await Middle(selector);
        await Mouse("mouseMoved", x, y, 0);
        await Mouse("mousePressed", x, y, 1);
        await Mouse("mouseReleased", x, y, 0);
    }

    public async Task Focus(string selector) => await Evaluate($"document.querySelector({Quoted(selector)}).focus()");

    /// <summary>A key, such as "3", "t", "Delete", "Alt+ArrowUp" or "Control+Enter".</summary>
    public async Task Press(string keys)
    {
        var modifiers = (keys.Contains("Alt+", StringComparison.Ordinal) ? Alt : 0) | (keys.Contains("Control+", StringComparison.Ordinal) ? Control : 0);
        var key = keys.Split('+')[^1];
        var code = key switch { "Enter" => 13, "Tab" => 9, "Delete" => 46, "ArrowUp" => 38, "ArrowDown" => 40, " " => 32, _ => char.ToUpperInvariant(key[0]) };
        foreach (var type in new[] { "rawKeyDown", "char", "keyUp" })
        {
            var text = key == "Enter" ? "\r" : key.Length == 1 ? key : null;
            if (type == "char" && (text is null || modifiers != 0))
                continue;
            var press = new JsonObject { ["type"] = type, ["key"] = key, ["windowsVirtualKeyCode"] = code, ["modifiers"] = modifiers };
            if (type == "char")
                press["text"] = text;
            await Send("Input.dispatchKeyEvent", press);
        }
    }

    public async Task Type(string text) => await Send("Input.insertText", new() { ["text"] = text });

    /// <summary>Drags with the mouse from the middle of one element to a part of another: 0 is its upper edge, 1 its lower.</summary>
    public async Task Drag(string from, string to, double part)
    {
        var (x, y) = await Middle(from);
        await Mouse("mouseMoved", x, y, 0);
        await Mouse("mousePressed", x, y, 1);
        var (toX, toY) = await At(to, part);
        for (var step = 1; step <= 5; step++)
            await Mouse("mouseMoved", x + (toX - x) * step / 5, y + (toY - y) * step / 5, 1);
        await Mouse("mouseReleased", toX, toY, 0);
    }

    /// <summary>The same with a finger.</summary>
    public async Task Swipe(string from, string to, double part)
    {
        var (x, y) = await Middle(from);
        var (toX, toY) = await At(to, part);
        await Touch("touchStart", x, y);
        for (var step = 1; step <= 5; step++)
            await Touch("touchMove", x + (toX - x) * step / 5, y + (toY - y) * step / 5);
        await Send("Input.dispatchTouchEvent", new() { ["type"] = "touchEnd", ["touchPoints"] = new JsonArray() });
    }

    /// <summary>A screen of this size; a phone has touch.</summary>
    public async Task Resize(int width, int height, bool phone)
    {
        await Send("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = phone });
        await Send("Emulation.setTouchEmulationEnabled", new() { ["enabled"] = phone });
    }

    public async Task<byte[]> Picture() =>
        Convert.FromBase64String((await Send("Page.captureScreenshot", new() { ["format"] = "png" }))["data"]!.GetValue<string>());

    /// <summary>Role and name of everything that a screen reader reads.</summary>
    public async Task<List<(string Role, string Name)>> Accessible()
    {
        await Send("Accessibility.enable");
        return [.. (await Send("Accessibility.getFullAXTree"))["nodes"]!.AsArray().Where(n => n!["ignored"]?.GetValue<bool>() != true)
            .Select(n => (n!["role"]?["value"]?.ToString() ?? "", n["name"]?["value"]?.ToString() ?? ""))];
    }

    async Task<(double X, double Y)> Middle(string selector) => await At(selector, 0.5);

    async Task<(double X, double Y)> At(string selector, double part)
    {
        var box = (await Evaluate($"(() => {{ const e = document.querySelector({Quoted(selector)}); e.scrollIntoView({{ block: 'nearest' }}); "
            + "const b = e.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()"))!.AsArray();
        double Of(int i) => box[i]!.GetValue<double>();
        return (Of(0) + Of(2) / 2, Of(1) + Of(3) * part);
    }

    Task<JsonNode> Mouse(string type, double x, double y, int buttons) => Send("Input.dispatchMouseEvent", new()
    {
        ["type"] = type,
        ["x"] = x,
        ["y"] = y,
        ["button"] = type == "mouseMoved" && buttons == 0 ? "none" : "left",
        ["buttons"] = buttons,
        ["clickCount"] = 1,
    });

    Task<JsonNode> Touch(string type, double x, double y) => Send("Input.dispatchTouchEvent",
        new() { ["type"] = type, ["touchPoints"] = new JsonArray(new JsonObject { ["x"] = x, ["y"] = y }) });

    static string Quoted(string text) => JsonValue.Create(text).ToJsonString();
}
