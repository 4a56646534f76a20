using System.Text;

namespace Nonet.ToolUse.Calls;

/// <summary>
/// Finds calls in a text. A call is the opening mark, a name, an input in balanced parentheses, optionally an arrow and a result, and the closing mark, all on
/// one line. A mark without <c>name(</c> after it is ordinary text. The time is linear in the length of the text; memory is used only for the calls found.
/// </summary>
/// <param name="marks">The marks; null: the paper's.</param>
/// <param name="longest">Maximum number of characters in a call and its result.</param>
public sealed class CallReader(CallMarks? marks = null, int longest = 2000)
{
    readonly CallMarks marks = Checked(marks ?? CallMarks.Default);
    readonly int longest = longest > 0 ? longest : throw new ArgumentException($"the longest call has {longest} characters; expected at least 1");

    /// <summary>The calls in a text, and the beginnings of calls that never close, in order.</summary>
    public IEnumerable<FoundCall> Find(string text)
    {
        for (var at = 0; NextStart(text, at) is var start and >= 0;)
        {
            var found = ReadAt(text, start);
            yield return found;
            at = found.End;
        }
    }

    /// <summary>Removes the calls from a text, for a human reader.</summary>
    public string Remove(string text)
    {
        var rest = new StringBuilder();
        var done = 0;
        foreach (var found in Find(text))
        {
            if (found.Call is null)
                continue;
            rest.Append(text, done, found.Start - done);
            done = found.End;
        }
        return rest.Append(text, done, text.Length - done).ToString();
    }

    /// <summary>Parses a text that consists of one call, such as a model's text after the opening mark; null if it is not a call.</summary>
    /// <param name="body">The text between the mark and the arrow, or the closing mark: <c>name(input)</c>.</param>
    public ToolCall? Read(string body)
    {
        var trimmed = body.AsSpan().Trim();
        if (trimmed.Length > longest || NameAt(trimmed) is not { } name || NextStart(trimmed, 0) >= 0)
            return null; // contains another call
        var end = InputEnd(trimmed, name + 1);
        return end == trimmed.Length - 1 ? Call(trimmed, 0, name, end) : null;
    }

    /// <summary>Parses the call in a text that is still being generated.</summary>
    /// <param name="written">The text so far, after the opening mark.</param>
    /// <param name="call">The call, once its arrow or closing mark has been generated; null before.</param>
    /// <returns>Whether the text is, or can still become, a call that closes.</returns>
    internal bool Follow(string written, out ToolCall? call)
    {
        call = null;
        var trimmed = written.AsSpan().TrimStart();
        if (NameAt(trimmed) is not { } name)
            return true; // not yet
        if (trimmed.Length > longest || trimmed.ContainsAny('\n', '\r') || NextStart(trimmed, 0) >= 0)
            return false;
        var end = InputEnd(trimmed, name + 1);
        if (end < 0)
            return true;
        var rest = trimmed[(end + 1)..].TrimStart(' ');
        if (rest.StartsWith(marks.Arrow) || rest.StartsWith(marks.Close))
            call = Call(trimmed, 0, name, end);
        return call is not null || marks.Arrow.AsSpan().StartsWith(rest) || marks.Close.AsSpan().StartsWith(rest);
    }

    /// <summary>Whether a text that is still being generated can become a call of one of the named tools.</summary>
    internal static bool MayBecomeCall(ReadOnlySpan<char> written, IEnumerable<string> names)
    {
        var begun = written.TrimStart();
        foreach (var name in names)
        {
            var shared = Math.Min(begun.Length, name.Length);
            if (begun[..shared].Equals(name.AsSpan(0, shared), StringComparison.OrdinalIgnoreCase)
                && (begun.Length <= name.Length || begun[name.Length] == '('))
                return true;
        }
        return false;
    }

    /// <summary>Index of the next mark with <c>name(</c> after it; -1 if there is none.</summary>
    int NextStart(ReadOnlySpan<char> text, int from)
    {
        while (text[from..].IndexOf(marks.Open) is var next && next >= 0)
        {
            if (NameAt(text[(from + next + marks.Open.Length)..]) is not null)
                return from + next;
            from += next + marks.Open.Length;
        }
        return -1;
    }

    FoundCall ReadAt(string text, int start)
    {
        var scanned = text.AsSpan(start, Math.Min(text.Length - start, longest));
        var body = Math.Min(marks.Open.Length, scanned.Length);
        // a call ends where another begins, so no character is scanned twice
        var next = NextStart(scanned, body);
        scanned = next < 0 ? scanned : scanned[..next];
        var lineEnd = scanned.IndexOfAny('\n', '\r');
        scanned = lineEnd < 0 ? scanned : scanned[..lineEnd];
        var name = NameAt(scanned[body..]);
        if (name is { } length)
        {
            var end = InputEnd(scanned, body + length + 1);
            if (end >= 0)
            {
                var call = Call(scanned, body, length, end);
                var after = end + 1 + Blanks(scanned[(end + 1)..]);
                if (scanned[after..].StartsWith(marks.Close))
                    return new FoundCall(CallForm.Call, start, start + after + marks.Close.Length, call, null);
                if (scanned[after..].StartsWith(marks.Arrow))
                {
                    after += marks.Arrow.Length;
                    var close = scanned[after..].IndexOf(marks.Close);
                    if (close >= 0)
                    {
                        var result = scanned.Slice(after, close).Trim().ToString();
                        return new FoundCall(CallForm.CallWithResult, start, start + after + close + marks.Close.Length, call, result);
                    }
                }
            }
        }
        return new FoundCall(next >= 0 && lineEnd < 0 ? CallForm.Nested : CallForm.Unclosed, start, start + scanned.Length, null, null);
    }

    /// <summary>Length of the name at the beginning of a text, before a parenthesis; null if there is none.</summary>
    static int? NameAt(ReadOnlySpan<char> text)
    {
        var length = ToolCall.NameLength(text);
        return length is > 0 and <= ToolCall.LongestName && length < text.Length && text[length] == '(' ? length : null;
    }

    /// <summary>Index of the closing parenthesis; -1 if there is none.</summary>
    static int InputEnd(ReadOnlySpan<char> text, int from)
    {
        var depth = 1;
        for (var i = from; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth == 0)
                return i;
        }
        return -1;
    }

    static int Blanks(ReadOnlySpan<char> text) => text.Length - text.TrimStart(' ').Length;

    static ToolCall Call(ReadOnlySpan<char> text, int start, int name, int end) =>
        new(text.Slice(start, name).ToString(), text[(start + name + 1)..end].Trim().ToString());

    static CallMarks Checked(CallMarks marks)
    {
        marks.Check();
        return marks;
    }
}
