using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nonet.Text.Chat;

namespace Nonet.Inference.Tools;

/// <summary>Result of a comparison of a text with a call.</summary>
enum ToolCallOutcome
{
    /// <summary>The text begins with a whole call.</summary>
    Complete,

    /// <summary>The text is the beginning of a call.</summary>
    Unfinished,

    /// <summary>The text is not a call.</summary>
    Different,
}

/// <summary>Compares the beginning of a text with the parts of a call.</summary>
sealed class ToolCallMatch
{
    static readonly SearchValues<char> wordEnds = SearchValues.Create("[{ \n\t\"<>");

    string name = "", id = "";
    JsonElement arguments;

    readonly IReadOnlyList<ChatTool> tools;

    ToolCallMatch(IReadOnlyList<ChatTool> tools) => this.tools = tools;

    public ToolCallOutcome Outcome { get; private set; }

    /// <summary>Number of characters that the parts cover.</summary>
    public int Length { get; private set; }

    /// <summary>Whether a part that is not optional has begun.</summary>
    public bool HasBegun { get; private set; }

    public ChatToolCall? Call { get; private set; }

    public static ToolCallMatch Of(ReadOnlySpan<char> text, IReadOnlyList<ToolCallPart> parts, bool isEnd, IReadOnlyList<ChatTool> tools)
    {
        var match = new ToolCallMatch(tools);
        foreach (var part in parts)
        {
            match.Outcome = match.Take(text[match.Length..], part, isEnd);
            if (match.Outcome != ToolCallOutcome.Complete)
                return match;
        }
        if (match.name.Length > 0)
            match.Call = new ChatToolCall(match.name, match.arguments, match.id.Length > 0 ? match.id : ToolCallFormat.CreateId());
        return match;
    }

    ToolCallOutcome Take(ReadOnlySpan<char> text, ToolCallPart part, bool isEnd)
    {
        HasBegun |= !text.IsEmpty && !part.IsOptional;
        switch (part.Kind)
        {
            case ToolCallPartKind.Space:
                Length += text.Length - text.TrimStart().Length;
                return ToolCallOutcome.Complete;
            case ToolCallPartKind.Mark:
                return Fixed(text, part.Text, part.IsOptional, isEnd);
            case ToolCallPartKind.Id:
                var before = Length;
                if (Fixed(text, part.Text, isOptional: true, isEnd) is var outcome && (outcome != ToolCallOutcome.Complete || Length == before))
                    return outcome;
                return Word(text[part.Text.Length..], out id);
            case ToolCallPartKind.Name:
                return Word(text, out name);
            case ToolCallPartKind.Parameters:
                return Parameters(text, part.Marks!, isEnd);
            default:
                return Json(text, part);
        }
    }

    ToolCallOutcome Fixed(ReadOnlySpan<char> text, string mark, bool isOptional, bool isEnd)
    {
        var trimmed = text.TrimStart();
        if (trimmed.StartsWith(mark))
        {
            Length += text.Length - trimmed.Length + mark.Length;
            return ToolCallOutcome.Complete;
        }
        if (mark.AsSpan().StartsWith(trimmed) && !(isEnd && isOptional))
            return ToolCallOutcome.Unfinished;
        return isOptional ? ToolCallOutcome.Complete : ToolCallOutcome.Different;
    }

    /// <summary>Text up to white space or a bracket.</summary>
    ToolCallOutcome Word(ReadOnlySpan<char> text, out string word)
    {
        var end = text.IndexOfAny(wordEnds);
        word = end < 0 ? "" : text[..end].ToString();
        Length += word.Length;
        return end < 0 ? ToolCallOutcome.Unfinished : end == 0 ? ToolCallOutcome.Different : ToolCallOutcome.Complete;
    }

    /// <summary>Reads as many parameters as there are. The text after them decides whether another one begins.</summary>
    ToolCallOutcome Parameters(ReadOnlySpan<char> text, ParameterMarks marks, bool isEnd)
    {
        var (reader, fields) = (new ParameterReader(marks, tools.FirstOrDefault(tool => tool.Name == name)), new JsonObject());
        while (true)
        {
            var outcome = reader.Next(text, isEnd, fields, out var taken);
            Length += taken;
            text = text[taken..];
            if (outcome != ToolCallOutcome.Complete)
                return outcome;
            if (taken > 0)
                continue;
            arguments = JsonElement.Parse(fields.ToJsonString(ParameterReader.Relaxed));
            return ToolCallOutcome.Complete;
        }
    }

    ToolCallOutcome Json(ReadOnlySpan<char> text, ToolCallPart part)
    {
        var start = text.Length - text.TrimStart().Length;
        if (start == text.Length)
            return ToolCallOutcome.Unfinished;
        if (text[start] != '{')
            return ToolCallOutcome.Different;
        var utf8 = Encoding.UTF8.GetBytes(text[start..].ToString());
        if (part.Kind == ToolCallPartKind.Object && !MayBeCall(utf8))
            return ToolCallOutcome.Different;
        if (!text.Contains('}'))
            return ToolCallOutcome.Unfinished;
        var outcome = JsonPrefix.Read(utf8, out var json, out var characters);
        if (outcome != ToolCallOutcome.Complete)
            return outcome; // or text that only looks like JSON
        Length += start + characters;
        return part.Kind == ToolCallPartKind.Arguments ? Take(json) : Take(json, part.Text);
    }

    /// <summary>Whether the first field, as far as it is known, is a field of a call.</summary>
    static bool MayBeCall(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, isFinalBlock: false, default);
        try
        {
            return !reader.Read() || !reader.Read()
                || (reader.TokenType == JsonTokenType.PropertyName
                    && reader.GetString() is "name" or "arguments" or "parameters" or "id" or "type" or "function");
        }
        catch (JsonException)
        {
            return false;
        }
    }

    ToolCallOutcome Take(JsonElement json)
    {
        arguments = json;
        return ToolCallOutcome.Complete;
    }

    ToolCallOutcome Take(JsonElement json, string field)
    {
        if (!json.TryGetProperty("name", out var called) || called.ValueKind != JsonValueKind.String || called.GetString() is not { Length: > 0 } text)
            return ToolCallOutcome.Different;
        if (!json.TryGetProperty(field, out arguments) && !json.TryGetProperty("arguments", out arguments) && !json.TryGetProperty("parameters", out arguments))
            return ToolCallOutcome.Different;
        if (arguments.ValueKind != JsonValueKind.Object)
            return ToolCallOutcome.Different;
        name = text;
        if (json.TryGetProperty("id", out var given) && given.ValueKind == JsonValueKind.String)
            id = given.GetString()!;
        return ToolCallOutcome.Complete;
    }
}
