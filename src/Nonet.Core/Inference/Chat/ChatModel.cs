using Nonet.Inference.Constraints;
using Nonet.Inference.Tools;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Inference.Chat;

/// <summary>
/// Answers conversations: lays them out, constrains the reply to a schema or to the schemas of tools, and splits the reply into thoughts, text and calls.
/// It keeps no turns; <see cref="Conversation"/> does. Any number of requests may run at once. The engine reuses the keys and values of a prefix that an
/// earlier request has computed.
/// </summary>
public sealed class ChatModel
{
    /// <summary>Maximum number of cached constraints; each may hold 64 MB of masks.</summary>
    const int MostConstraints = 8;

    readonly DecodingEngine engine;
    readonly Tokenizer tokenizer;
    readonly Lock gate = new();
    readonly List<(string Key, ITokenConstraint Constraint)> constraints = []; // least recently used first

    /// <param name="engine">Engine of a decoder, which generates the replies.</param>
    /// <param name="tokenizer">Tokenizer of the model.</param>
    /// <param name="template">The model's chat template; null: turns are lines such as <c>User: ...</c> and <c>Assistant: ...</c>.</param>
    /// <param name="defaults">Settings of requests without their own. Its stop tokens end every reply.</param>
    public ChatModel(DecodingEngine engine, Tokenizer tokenizer, ChatTemplate? template = null, GenerationOptions? defaults = null) =>
        (this.engine, this.tokenizer, Layout, Defaults) = (engine, tokenizer, new ChatLayout(template), defaults ?? new GenerationOptions());

    /// <summary>Converts conversations to text.</summary>
    public ChatLayout Layout { get; }

    /// <summary>Settings of requests without their own. Its stop tokens end every reply.</summary>
    public GenerationOptions Defaults { get; }

    /// <summary>The engine that generates the replies.</summary>
    public DecodingEngine Engine => engine;

    /// <summary>Answers a conversation. The reply is computed while it is read.</summary>
    /// <exception cref="ArgumentException">The conversation does not fit the context, or a tool has no usable name.</exception>
    /// <exception cref="Text.Jinja.JinjaException">The chat template rejects the conversation.</exception>
    /// <exception cref="InvalidDataException">A schema is malformed, or allows no value.</exception>
    /// <exception cref="NotSupportedException">A keyword of a schema cannot be enforced; the message names it.</exception>
    public ChatReply Generate(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ToolCallFormat.Check(request.Tools);
        if (request.ToolChoice.Name is { } name && !request.Tools.Any(t => t.Name == name))
            throw new ArgumentException($"the reply must call the tool {name}; expected it among the {request.Tools.Count} tools of the request");
        if (request.ToolChoice.MustCall && request.Tools.Count == 0)
            throw new ArgumentException("the reply must call a tool, and the request has none");
        var options = request.Options ?? Defaults;
        if (options.Constraint is not null && (request.Schema is not null || request.Tools.Count > 0))
            throw new ArgumentException("GenerationOptions.Constraint is set beside a schema or tools, which are constraints themselves; expected one of them");
        var text = Layout.Render(request.Messages, request.ToolChoice.MayCall ? request.Tools : [], request.Variables);
        var thinking = Layout.ThinkingAfter(text);
        var form = new ReplyForm
        {
            Format = Layout.ToolCalls,
            Tools = request.Tools,
            Choice = request.ToolChoice,
            ManyCalls = request.AllowsSeveralCalls,
            Schema = request.Schema,
            Thinking = thinking,
        };
        options = options with { StopTokens = [.. options.StopTokens.Union(Defaults.StopTokens)] };
        var stopTexts = (string[])[.. options.StopTexts, .. Layout.StopTexts];
        var generation = engine.Generate(
            tokenizer.Encode(text, marks: false), options with { StopTexts = [], Constraint = options.Constraint ?? ConstraintOf(form, options.StopTokens) },
            cancellationToken);
        return new ChatReply(generation, new ReplyReader(request.Tools.Count > 0 ? Layout.ToolCalls : null, thinking, request.Tools), stopTexts);
    }

    /// <summary>The constraint of a form of replies. It is compiled once and cached, because it keeps the masks that it has computed.</summary>
    ITokenConstraint? ConstraintOf(ReplyForm form, IReadOnlyCollection<int> stopTokens)
    {
        if (form.IsFree)
            return null;
        var key = $"{string.Join(',', stopTokens)}\n{form.Key}";
        lock (gate)
        {
            if (constraints.FindIndex(c => c.Key == key) is >= 0 and var at)
            {
                var known = constraints[at];
                constraints.RemoveAt(at);
                constraints.Add(known);
                return known.Constraint;
            }
        }
        var constraint = ReplyGrammar.Compile(form, tokenizer, stopTokens)!; // outside of the lock, so that other requests need not wait
        lock (gate)
        {
            if (constraints.Count == MostConstraints)
                constraints.RemoveAt(0);
            constraints.Add((key, constraint));
        }
        return constraint;
    }
}
