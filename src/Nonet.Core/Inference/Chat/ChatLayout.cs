using System.Text;
using System.Text.Json;
using Nonet.Inference.Tools;
using Nonet.Inference.Tools.Formats;
using Nonet.Text.Chat;
using Nonet.Text.Jinja;

namespace Nonet.Inference.Chat;

/// <summary>
/// Lays out conversations with a chat template. It tries the template once, and replaces messages that the template omits or rejects: a system
/// message goes into the first message of the user; tools, their calls and their results become text.
/// </summary>
public sealed class ChatLayout
{
    /// <summary>Layout for models without a chat template: one line per turn, which begins with the role.</summary>
    const string Plain = """
        {%- for message in messages %}{{ message['role'] | capitalize }}: {{ message['content'] }}
        {% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}
        """;

    const string Probe = "zqprobe";

    static readonly JsonElement probeSchema = JsonElement.Parse("""{"type":"object","properties":{"zqprobe":{"type":"string"}}}""");
    static readonly JsonElement probeArguments = JsonElement.Parse("""{"zqprobe":"text"}""");
    static readonly JsonElement nothing = JsonElement.Parse("{}");
    static readonly ChatTool probeTool = new(Probe, "Looks.", probeSchema);

    readonly ChatTemplate template;
    readonly bool knowsSystem, knowsTools, knowsCalls, knowsSeveral, knowsResults;

    /// <param name="template">The model's chat template; null: turns are lines such as <c>User: ...</c> and <c>Assistant: ...</c>.</param>
    public ChatLayout(ChatTemplate? template)
    {
        (this.template, IsPlain, ToolCalls) = (template ?? ChatTemplate.Parse(Plain), template is null, ToolCallFormat.Of(template));
        var user = ChatMessage.User("Hi");
        var call = new ChatMessage("assistant", "") { ToolCalls = [new ChatToolCall(Probe, probeArguments, "abcdefghi")] };
        knowsSystem = Shows([ChatMessage.System(Probe), user]);
        var hasFormat = ToolCalls is not PlainFormat;
        knowsTools = hasFormat && Shows([user], probeTool);
        knowsCalls = hasFormat && (Shows([user, call]) || Shows([user, call], new ChatTool("other", "Looks.", nothing)));
        var other = call with { ToolCalls = [call.ToolCalls[0] with { Name = "other", Arguments = nothing }] };
        knowsSeveral = knowsCalls && Shows([user, call with { ToolCalls = [.. other.ToolCalls, .. call.ToolCalls] }]);
        knowsResults = hasFormat && Shows([user, WithKnownCalls(other), ChatMessage.Tool(Probe, "abcdefghi", "other")]);
    }

    /// <summary>Whether the model has no chat template.</summary>
    public bool IsPlain { get; }

    /// <summary>How the model writes calls of tools.</summary>
    public ToolCallFormat ToolCalls { get; }

    /// <summary>Texts that end a reply: without a template, the next turn of the user.</summary>
    public IReadOnlyList<string> StopTexts => IsPlain ? ["\nUser:"] : [];

    /// <summary>The text of a conversation, up to the beginning of the reply. Special tokens are spelled out in it.</summary>
    /// <param name="messages">The turns.</param>
    /// <param name="tools">Tools that the reply may call; null: none.</param>
    /// <param name="variables">Further variables of the template, such as enable_thinking: a JSON object.</param>
    /// <exception cref="JinjaException">The template rejects the conversation.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, IReadOnlyList<ChatTool>? tools = null, JsonElement? variables = null)
    {
        List<ChatMessage> turns = [.. messages];
        if (!knowsTools && tools is { Count: > 0 })
            turns.Insert(0, ChatMessage.System(Instructions(tools)));
        turns = JoinSystem(turns);
        if (!knowsSystem)
            turns = MoveSystem(turns);
        if (knowsCalls && !knowsSeveral)
            turns = OneCallEach(turns);
        turns = turns.ConvertAll(WithKnownCalls);
        if (!knowsResults)
            turns = ResultsAsText(turns);
        return template.Render(turns, new ChatTemplateOptions { Tools = knowsTools ? tools ?? [] : [], Variables = variables });
    }

    /// <summary>Whether the reply begins with thoughts, after a prompt of this text.</summary>
    internal Thinking ThinkingAfter(string prompt) => prompt.AsSpan().TrimEnd().EndsWith(ThinkingMarks.Open) ? Thinking.Opened
        : template.Mentions(ThinkingMarks.Open) ? Thinking.May : Thinking.None;

    bool Shows(ChatMessage[] messages, params ChatTool[] tools)
    {
        try
        {
            return template.Render(messages, new ChatTemplateOptions { Tools = tools }).Contains(Probe, StringComparison.Ordinal);
        }
        catch (JinjaException)
        {
            return false; // the template rejects such messages
        }
    }

    string Instructions(IReadOnlyList<ChatTool> tools)
    {
        var example = ToolCalls.Write([new ChatToolCall("NAME", JsonElement.Parse("""{"PARAMETER": "VALUE"}"""))]);
        var lines = tools.Select(tool => JsonOf(json =>
        {
            json.WriteString("name", tool.Name);
            json.WriteString("description", tool.Description);
            json.WritePropertyName("parameters");
            tool.Parameters.WriteTo(json);
        }));
        return PlainFormat.Instructions(string.Join('\n', lines), example);
    }

    static string JsonOf(Action<Utf8JsonWriter> fields)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        using var document = JsonDocument.Parse(stream.ToArray());
        return ToolCallWriter.JsonOf(document.RootElement);
    }

    /// <summary>Joins leading system messages, since most templates accept only one.</summary>
    static List<ChatMessage> JoinSystem(List<ChatMessage> turns)
    {
        var count = turns.TakeWhile(t => t.Role == "system").Count();
        return count < 2 ? turns : [ChatMessage.System(string.Join("\n\n", turns.Take(count).Select(t => t.Content))), .. turns.Skip(count)];
    }

    static List<ChatMessage> MoveSystem(List<ChatMessage> turns)
    {
        if (turns is not [{ Role: "system" } system, ..])
            return turns;
        var first = turns.FindIndex(t => t.Role == "user");
        if (first < 0)
            return [ChatMessage.User(system.Content ?? ""), .. turns.Skip(1)];
        List<ChatMessage> moved = [.. turns];
        moved[first] = moved[first] with { Content = $"{system.Content}\n\n{moved[first].Content}" };
        moved.RemoveAt(0);
        return moved;
    }

    /// <summary>Splits several calls of one turn into separate turns, each before its result.</summary>
    static List<ChatMessage> OneCallEach(List<ChatMessage> turns)
    {
        List<ChatMessage> laid = [];
        for (var i = 0; i < turns.Count; i++)
        {
            var turn = turns[i];
            if (turn.ToolCalls.Count < 2)
            {
                laid.Add(turn);
                continue;
            }
            var results = turns.Skip(i + 1).TakeWhile(t => t.Role == "tool").ToList();
            i += results.Count;
            foreach (var call in turn.ToolCalls)
            {
                laid.Add(turn with { ToolCalls = [call], Content = call == turn.ToolCalls[0] ? turn.Content : "" });
                laid.AddRange(results.Where(r => r.ToolCallId == call.Id));
                results.RemoveAll(r => r.ToolCallId == call.Id);
            }
            laid.AddRange(results);
        }
        return laid;
    }

    ChatMessage WithKnownCalls(ChatMessage turn)
    {
        if (turn.ToolCallId is { } result)
            turn = turn with { ToolCallId = ToolCalls.IdFor(result) };
        if (turn.ToolCalls.Count == 0)
            return turn;
        ChatToolCall[] calls = [.. turn.ToolCalls.Select(call => call with { Id = call.Id is null ? null : ToolCalls.IdFor(call.Id) })];
        if (knowsCalls)
            return turn with { ToolCalls = calls, Content = turn.Content ?? "" };
        var text = string.IsNullOrEmpty(turn.Content) ? "" : turn.Content + "\n";
        return turn with { ToolCalls = [], Content = text + ToolCalls.Write(calls) };
    }

    /// <summary>Turns results into messages of the user. Consecutive results are joined, since templates expect the roles to alternate.</summary>
    static List<ChatMessage> ResultsAsText(List<ChatMessage> turns)
    {
        var (text, laid) = (new StringBuilder(), new List<ChatMessage>());
        foreach (var turn in turns)
        {
            if (turn.Role == "tool")
            {
                text.Append(text.Length > 0 ? "\n" : "").Append("<tool_response>\n").Append(turn.Content).Append("\n</tool_response>");
                continue;
            }
            if (text.Length > 0 && turn.Role == "user")
                laid.Add(turn with { Content = $"{text}\n\n{turn.Content}" });
            else if (text.Length > 0)
                laid.AddRange([ChatMessage.User(text.ToString()), turn]);
            else
                laid.Add(turn);
            text.Clear();
        }
        if (text.Length > 0)
            laid.Add(ChatMessage.User(text.ToString()));
        return laid;
    }
}
