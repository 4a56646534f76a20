using System.Runtime.CompilerServices;
using System.Text;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Inference.Chat;

/// <summary>A conversation with a decoder: keeps the turns, lays them out with the model's chat template and streams each answer. One turn at a time.</summary>
public sealed class Conversation
{
    /// <summary>The layout for models without a chat template: a line per turn, after its role.</summary>
    const string PlainLayout = """
        {%- for message in messages %}{{ message['role'] | capitalize }}: {{ message['content'] }}
        {% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}
        """;

    const string NextPlainTurn = "\nUser:";

    readonly DecodingEngine engine;
    readonly Tokenizer tokenizer;
    readonly ChatTemplate template;
    readonly GenerationOptions defaults;
    readonly ChatMessage[] instructions;
    readonly List<ChatMessage> messages;

    /// <param name="engine">Writes the answers, and keeps the turns' keys and values from one to the next. A decoder's.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">How turns are laid out; null: <c>User: ...</c> and <c>Assistant: ...</c>, a line each.</param>
    /// <param name="defaults">How answers are drawn unless <see cref="Send"/> is told otherwise; its stop tokens end every answer.</param>
    /// <param name="system">What the model is told first; null: nothing.</param>
    public Conversation(DecodingEngine engine, Tokenizer tokenizer, ChatTemplate? template = null, GenerationOptions? defaults = null, string? system = null)
    {
        (this.engine, this.tokenizer, this.defaults, IsPlain) = (engine, tokenizer, defaults ?? new GenerationOptions(), template is null);
        this.template = template ?? ChatTemplate.Parse(PlainLayout);
        instructions = system is null ? [] : [ChatMessage.System(system)];
        messages = [.. instructions];
    }

    /// <summary>Whether the model has no chat template, so that turns are laid out plainly.</summary>
    public bool IsPlain { get; }

    /// <summary>The turns so far, the system message first.</summary>
    public IReadOnlyList<ChatMessage> Messages => messages;

    /// <summary>Messages that were dropped, oldest first in pairs, because the conversation no longer fitted the model's context.</summary>
    public int Forgotten { get; private set; }

    /// <summary>Forgets every turn but the system message.</summary>
    public void Clear()
    {
        messages.Clear();
        messages.AddRange(instructions);
        Forgotten = 0;
    }

    /// <summary>
    /// Adds a turn of the user and streams the answer, which becomes a turn once it is complete. A turn whose answer is cancelled is not kept.
    /// When the turns fill more than three quarters of the context, the oldest are dropped in pairs.
    /// </summary>
    /// <exception cref="InvalidDataException">The turn alone does not fit the context; names both lengths.</exception>
    public async IAsyncEnumerable<GeneratedToken> Send(
        string text, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var turn = ChatMessage.User(text);
        var (prompt, dropped) = FitContext(turn);
        messages.RemoveRange(instructions.Length, dropped);
        Forgotten += dropped;
        var limits = options is null ? defaults : options with { StopTokens = [.. options.StopTokens.Union(defaults.StopTokens)] };
        if (IsPlain)
            limits = limits with { StopTexts = [.. limits.StopTexts, NextPlainTurn] };
        var answer = new StringBuilder();
        await foreach (var piece in engine.Generate(prompt, limits, cancellationToken).ConfigureAwait(false))
        {
            answer.Append(piece.Text);
            yield return piece;
        }
        messages.Add(turn);
        messages.Add(ChatMessage.Assistant(answer.ToString().Trim()));
    }

    /// <summary>The ids of the conversation with a new turn, and how many of the oldest messages had to be left out of it.</summary>
    (int[] Prompt, int Dropped) FitContext(ChatMessage turn)
    {
        for (var dropped = 0; ; dropped += 2)
        {
            var kept = messages.Skip(instructions.Length + dropped).ToArray();
            var ids = tokenizer.Encode(template.Render([.. instructions, .. kept, turn]), marks: false);
            if (ids.Length <= engine.Context * 3 / 4 || (kept.Length == 0 && ids.Length < engine.Context))
                return (ids, dropped);
            if (kept.Length == 0)
                throw new InvalidDataException($"this turn takes {ids.Length} tokens; the model's context is {engine.Context}");
        }
    }
}
