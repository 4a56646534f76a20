using Nonet.Text.Chat;

namespace Nonet.Inference.Tools;

/// <summary>
/// Splits a reply into thoughts, text and tool calls while it is generated. Text that may be the beginning of a mark is held back.
/// </summary>
sealed class ReplyReader
{
    enum Place
    {
        Start,
        Thoughts,
        AfterThoughts,
        Text,
        Calls,
    }

    readonly ToolCallFormat? format;
    readonly IReadOnlyList<ChatTool> tools;
    readonly List<ReplyPiece> pieces = [];
    string held = "";
    Place place;
    bool isFirstCall, hasText;

    /// <param name="format">Format of calls; null: calls are not searched for.</param>
    /// <param name="thinking">Whether the reply begins with thoughts.</param>
    /// <param name="tools">The tools that may be called; null: unknown.</param>
    public ReplyReader(ToolCallFormat? format, Thinking thinking, IReadOnlyList<ChatTool>? tools = null)
    {
        (this.format, this.tools) = (format, tools ?? []);
        place = thinking switch
        {
            Thinking.None => Place.Text,
            Thinking.May => Place.Start,
            _ => Place.Thoughts,
        };
    }

    /// <summary>After the end: the text of an incomplete call.</summary>
    public string Incomplete { get; private set; } = "";

    /// <summary>Whether the text so far ends within the thoughts.</summary>
    public bool IsThinking => place == Place.Thoughts;

    /// <summary>The pieces that some more text completes.</summary>
    public IReadOnlyList<ReplyPiece> Add(string text) => Read(text, isEnd: false);

    /// <summary>The remaining pieces after the end of the reply.</summary>
    public IReadOnlyList<ReplyPiece> Finish() => Read("", isEnd: true);

    List<ReplyPiece> Read(string text, bool isEnd)
    {
        pieces.Clear();
        held += text;
        while (place switch
        {
            Place.Start => Begin(isEnd),
            Place.Thoughts => Think(isEnd),
            Place.AfterThoughts => SkipSpace(isEnd),
            Place.Text => Write(isEnd),
            _ => Call(isEnd),
        })
        {
        }
        return [.. pieces];
    }

    bool Begin(bool isEnd)
    {
        var start = held.AsSpan().TrimStart();
        if (start.StartsWith(ThinkingMarks.Open))
        {
            held = start[ThinkingMarks.Open.Length..].ToString();
            place = Place.Thoughts;
            return true;
        }
        if (!isEnd && ThinkingMarks.Open.AsSpan().StartsWith(start))
            return false;
        place = Place.Text;
        return true;
    }

    bool Think(bool isEnd)
    {
        var end = held.IndexOf(ThinkingMarks.Close, StringComparison.Ordinal);
        var shown = end >= 0 ? end : isEnd ? held.Length : held.Length - StopTextFilter.BegunAtEnd(held, ThinkingMarks.Close);
        if (shown > 0)
            pieces.Add(new ReplyPiece(Reasoning: held[..shown]));
        held = held[(end >= 0 ? end + ThinkingMarks.Close.Length : shown)..];
        if (end < 0)
            return false;
        place = Place.AfterThoughts;
        return true;
    }

    bool SkipSpace(bool isEnd)
    {
        held = held.TrimStart();
        if (held.Length == 0 && !isEnd)
            return false;
        place = Place.Text;
        return true;
    }

    bool Write(bool isEnd)
    {
        if (format is null || (format.OnlyAtStart && hasText))
        {
            Show(held.Length);
            return false;
        }
        if (format.OnlyAtStart)
            return BeginWithCall(isEnd);
        var at = held.IndexOf(format.Trigger!, StringComparison.Ordinal);
        if (at >= 0)
        {
            Show(held.AsSpan(0, at).TrimEnd().Length);
            held = held.TrimStart();
            (place, isFirstCall) = (Place.Calls, true);
            return true;
        }
        // White space before a call is not shown, so it waits for what follows.
        var known = isEnd ? held.Length : held.Length - StopTextFilter.BegunAtEnd(held, format.Trigger!);
        Show(isEnd ? known : held.AsSpan(0, known).TrimEnd().Length);
        return false;
    }

    /// <summary>Decides whether the reply is a call without text, or text.</summary>
    bool BeginWithCall(bool isEnd)
    {
        var match = ToolCallMatch.Of(held.AsSpan().TrimStart(), [.. format!.Begin, .. format.Call], isEnd, tools);
        if (match.Outcome == ToolCallOutcome.Unfinished && !isEnd)
            return false;
        if (match.Outcome == ToolCallOutcome.Unfinished && match.HasBegun)
        {
            (Incomplete, held) = (held, "");
            return false;
        }
        if (match.Outcome == ToolCallOutcome.Complete)
        {
            pieces.Add(new ReplyPiece(Call: match.Call));
            held = held.TrimStart()[match.Length..].TrimStart();
        }
        hasText = true;
        return true;
    }

    bool Call(bool isEnd)
    {
        var rest = held.AsSpan().TrimStart();
        ToolCallPart[] before = [.. isFirstCall ? format!.Begin : format!.Separator ?? []];
        if (!isFirstCall)
        {
            var end = ToolCallMatch.Of(rest, format.End, isEnd, tools);
            if (end.Outcome == ToolCallOutcome.Complete)
            {
                held = rest[end.Length..].ToString();
                place = Place.Text;
                return held.Length > 0;
            }
            if (end.Outcome == ToolCallOutcome.Unfinished)
            {
                held = isEnd ? "" : held; // a call whose closing mark is missing is a call
                return false;
            }
            if (format.Separator is null)
                return ToText(0);
        }
        var match = ToolCallMatch.Of(rest, [.. before, .. format.Call], isEnd, tools);
        switch (match.Outcome)
        {
            case ToolCallOutcome.Complete:
                pieces.Add(new ReplyPiece(Call: match.Call));
                held = rest[match.Length..].ToString();
                isFirstCall = false;
                return true;
            case ToolCallOutcome.Unfinished:
                if (isEnd)
                    (Incomplete, held) = (held, "");
                return false;
            default:
                return ToText(isFirstCall ? format.Trigger!.Length : 0);
        }
    }

    /// <summary>Returns held-back characters as text, at least the given number, because they are not a call.</summary>
    bool ToText(int atLeast)
    {
        Show(Math.Min(atLeast, held.Length));
        place = Place.Text;
        return true;
    }

    void Show(int characters)
    {
        if (characters == 0)
            return;
        hasText = true;
        pieces.Add(new ReplyPiece(held[..characters]));
        held = held[characters..];
    }
}
