using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Inference.Chat;

/// <summary>What a turn took of the context.</summary>
/// <param name="PromptTokens">Tokens of the conversation with the turn.</param>
/// <param name="ReusedTokens">Those of them that earlier turns had computed.</param>
/// <param name="NewTokens">Tokens of the answer.</param>
public readonly record struct TurnUsage(int PromptTokens, int ReusedTokens, int NewTokens)
{
    /// <summary>Tokens of the context in use after the turn.</summary>
    public int Total => PromptTokens + NewTokens;
}

/// <summary>
/// A conversation with a decoder: keeps the turns, lays them out with the model's chat template and streams each answer. Keys and values of earlier turns come
/// out of the engine's cache, so that a turn computes only what is new. One turn at a time; any number of conversations on one engine.
/// </summary>
public sealed class Conversation
{
    readonly DecodingEngine engine;
    readonly Tokenizer tokenizer;
    readonly ChatLayout layout;
    readonly List<ChatMessage> turns = [];

    /// <param name="engine">Writes the answers, and keeps the turns' keys and values. A decoder's.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">How turns are laid out; null: <c>User: ...</c> and <c>Assistant: ...</c>, a line each.</param>
    /// <param name="defaults">How answers are drawn unless <see cref="Send"/> is told otherwise; its stop tokens end every answer.</param>
    /// <param name="system">What the model is told first; null: nothing.</param>
    public Conversation(DecodingEngine engine, Tokenizer tokenizer, ChatTemplate? template = null, GenerationOptions? defaults = null, string? system = null)
    {
        (this.engine, this.tokenizer, layout, System) = (engine, tokenizer, new ChatLayout(template), system);
        Defaults = defaults ?? new GenerationOptions();
    }

    /// <summary>How answers are drawn unless <see cref="Send"/> is told otherwise; its stop tokens end every answer.</summary>
    public GenerationOptions Defaults { get; set; }

    /// <summary>What the model is told first; null: nothing.</summary>
    public string? System { get; set; }

    /// <summary>
    /// When the turns fill more than three quarters of the context, drops the oldest in pairs. Otherwise a turn that does not fit is refused.
    /// </summary>
    public bool DropsOldest { get; set; }

    /// <summary>Whether the model has no chat template, so that turns are laid out plainly.</summary>
    public bool IsPlain => layout.IsPlain;

    /// <summary>The turns so far, the system message first.</summary>
    public IReadOnlyList<ChatMessage> Messages => [.. Instructions, .. turns];

    /// <summary>Messages that were dropped, oldest first, because the conversation no longer fitted the model's context.</summary>
    public int Forgotten { get; private set; }

    /// <summary>Tokens that the conversation and an answer may have together.</summary>
    public int Context => engine.Context;

    /// <summary>Of the last turn.</summary>
    public TurnUsage Usage { get; private set; }

    /// <summary>Forgets every turn but the system message.</summary>
    public void Clear()
    {
        turns.Clear();
        (Forgotten, Usage) = (0, default);
    }

    /// <summary>Takes the last turn of the user and its answer back.</summary>
    /// <returns>What the user had said; null: there is no turn.</returns>
    public string? Undo()
    {
        var last = turns.FindLastIndex(message => message.Role == "user");
        if (last < 0)
            return null;
        var text = turns[last].Content;
        turns.RemoveRange(last, turns.Count - last);
        return text;
    }

    /// <summary>
    /// Adds a turn of the user and streams the answer, which becomes a turn once it is complete. A turn whose answer is cancelled is not kept.
    /// </summary>
    /// <exception cref="InvalidDataException">The conversation with this turn does not fit the context; names both lengths.</exception>
    public async IAsyncEnumerable<GeneratedToken> Send(
        string text, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var turn = ChatMessage.User(text);
        var (prompt, dropped) = FitContext(turn);
        turns.RemoveRange(0, dropped);
        Forgotten += dropped;
        var limits = options is null ? Defaults : options with { StopTokens = [.. options.StopTokens.Union(Defaults.StopTokens)] };
        limits = limits with { StopTexts = [.. limits.StopTexts, .. layout.StopTexts] };
        var (answer, written) = (new StringBuilder(), 0);
        var generation = engine.Generate(prompt, limits, cancellationToken);
        await foreach (var token in generation.ConfigureAwait(false))
        {
            answer.Append(token.Text);
            Usage = new TurnUsage(generation.PromptTokens, generation.ReusedTokens, ++written);
            yield return token;
        }
        turns.Add(turn);
        turns.Add(ChatMessage.Assistant(answer.ToString().Trim()));
    }

    /// <summary>Writes the conversation as JSON: <c>{"messages": [{"role": ..., "content": ...}, ...]}</c>.</summary>
    public void Save(string path) => ConversationFile.Write(path, Messages);

    /// <summary>Goes on with a conversation that <see cref="Save"/> wrote, in place of this one.</summary>
    /// <exception cref="Files.MalformedFileException">The file is damaged; names the field.</exception>
    public void Load(string path)
    {
        var messages = ConversationFile.Read(path);
        Clear();
        System = messages is [{ Role: "system" } first, ..] ? first.Content : null;
        turns.AddRange(System is null ? messages : messages.Skip(1));
    }

    ChatMessage[] Instructions => System is null ? [] : [ChatMessage.System(System)];

    /// <summary>The ids of the conversation with a new turn, and how many of the oldest messages had to be left out of it.</summary>
    (int[] Prompt, int Dropped) FitContext(ChatMessage turn)
    {
        for (var dropped = 0; ; dropped += 2)
        {
            var kept = turns.Skip(dropped).ToArray();
            var ids = tokenizer.Encode(layout.Render([.. Instructions, .. kept, turn]), marks: false);
            if (ids.Length < Context && (!DropsOldest || kept.Length == 0 || ids.Length <= Context * 3L / 4))
                return (ids, dropped);
            if (!DropsOldest || kept.Length == 0)
            {
                throw new InvalidDataException(
                    string.Create(CultureInfo.InvariantCulture,
                    $"the context is full: {(kept.Length == 0 ? "this turn" : "the conversation with this turn")} takes {ids.Length:N0} tokens, ")
                    + string.Create(CultureInfo.InvariantCulture, $"and the context has {Context:N0}, of which the answer needs at least one"));
            }
        }
    }
}
