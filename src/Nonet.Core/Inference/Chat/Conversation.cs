using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Nonet.Inference.Tools;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Inference.Chat;

/// <summary>Use of the context by a turn.</summary>
/// <param name="PromptTokens">Number of tokens in the conversation including the turn.</param>
/// <param name="ReusedTokens">Number of these tokens that earlier turns had computed.</param>
/// <param name="NewTokens">Number of tokens in the answer.</param>
public readonly record struct TurnUsage(int PromptTokens, int ReusedTokens, int NewTokens)
{
    /// <summary>Number of context tokens in use after the turn.</summary>
    public int Total => PromptTokens + NewTokens;
}

/// <summary>
/// A conversation with a decoder: keeps the turns, lays them out with the model's chat template and streams each answer. The engine's cache has the keys and
/// values of earlier turns, so that a turn computes only its new tokens. A conversation has one turn at a time; an engine serves any number of conversations.
/// </summary>
public sealed class Conversation
{
    readonly DecodingEngine engine;
    readonly Tokenizer tokenizer;
    readonly ChatModel chat;
    readonly ChatLayout layout;
    readonly List<ChatMessage> turns = [];

    /// <param name="engine">Engine of a decoder, which generates the answers and caches the turns' keys and values.</param>
    /// <param name="tokenizer">Tokenizer of the model.</param>
    /// <param name="template">The model's chat template; null: turns are lines such as <c>User: ...</c> and <c>Assistant: ...</c>.</param>
    /// <param name="defaults">Settings of turns without their own. Its stop tokens end every answer.</param>
    /// <param name="system">System message; null: none.</param>
    public Conversation(DecodingEngine engine, Tokenizer tokenizer, ChatTemplate? template = null, GenerationOptions? defaults = null, string? system = null)
    {
        (this.engine, this.tokenizer, System, Defaults) = (engine, tokenizer, system, defaults ?? new GenerationOptions());
        chat = new ChatModel(engine, tokenizer, template, Defaults);
        layout = chat.Layout;
    }

    /// <summary>Settings of turns without their own. Its stop tokens end every answer.</summary>
    public GenerationOptions Defaults { get; set; }

    /// <summary>System message; null: none.</summary>
    public string? System { get; set; }

    /// <summary>
    /// Whether to drop the oldest turns in pairs when the turns fill more than three quarters of the context. Otherwise, a turn that does not fit throws.
    /// </summary>
    public bool DropsOldest { get; set; }

    /// <summary>Whether the model has no chat template, so that turns are laid out plainly.</summary>
    public bool IsPlain => layout.IsPlain;

    /// <summary>The turns so far, the system message first.</summary>
    public IReadOnlyList<ChatMessage> Messages => [.. Instructions, .. turns];

    /// <summary>Number of messages that were dropped, oldest first, because the conversation no longer fitted in the model's context.</summary>
    public int Forgotten { get; private set; }

    /// <summary>Maximum number of tokens in the conversation and an answer together.</summary>
    public int Context => engine.Context;

    /// <summary>Use of the context by the last turn.</summary>
    public TurnUsage Usage { get; private set; }

    /// <summary>Removes all turns, but keeps the system message.</summary>
    public void Clear()
    {
        turns.Clear();
        (Forgotten, Usage) = (0, default);
    }

    /// <summary>Removes the last turn of the user and its answer.</summary>
    /// <returns>The user's text; null if there is no turn.</returns>
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
    /// <exception cref="InvalidDataException">The conversation with this turn does not fit in the context. The message has both lengths.</exception>
    public async IAsyncEnumerable<GeneratedToken> Send(
        string text, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var turn = ChatMessage.User(text);
        var prompt = FitContext([turn], []);
        var limits = Limits(options);
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

    /// <summary>
    /// Adds a turn of the user and streams the answer. The model may call tools before it answers. Calls, results and the answer become turns once the answer
    /// is complete. A turn whose answer is cancelled is not kept.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// The conversation with this turn and the results so far does not fit in the context. The message has both lengths.
    /// </exception>
    public async IAsyncEnumerable<TurnPiece> Send(string text, ConversationTools tools, GenerationOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<ChatMessage> turn = [ChatMessage.User(text)];
        var (limits, written) = (Limits(options), 0);
        for (var round = 0; ; round++)
        {
            FitContext(turn, tools.Functions);
            var reply = chat.Generate(new ChatRequest
            {
                Messages = [.. Instructions, .. turns, .. turn],
                Tools = tools.Functions,
                ToolChoice = round < tools.MostRounds ? ToolChoice.Auto : ToolChoice.None,
                Options = limits,
            }, cancellationToken);
            var (answer, calls) = (new StringBuilder(), new List<ChatToolCall>());
            await foreach (var piece in reply.ConfigureAwait(false))
            {
                answer.Append(piece.Text);
                if (piece.Call is not null)
                    calls.Add(piece.Call);
                Usage = new TurnUsage(reply.PromptTokens, reply.ReusedTokens, written + reply.NewTokens);
                if (piece.Call is null)
                    yield return new TurnPiece { Text = piece.Text, Reasoning = piece.Reasoning, IncompleteCall = "" };
            }
            written += reply.NewTokens;
            Usage = new TurnUsage(reply.PromptTokens, reply.ReusedTokens, reply.NewTokens);
            turn.Add(ChatMessage.Assistant(answer.ToString().Trim()) with { ToolCalls = calls });
            foreach (var call in calls)
            {
                yield return new TurnPiece { Text = "", Reasoning = "", Call = call, IncompleteCall = "" };
                var result = await tools.Run(call, cancellationToken).ConfigureAwait(false);
                yield return new TurnPiece { Text = "", Reasoning = "", Call = call, Result = result, IncompleteCall = "" };
                turn.Add(ChatMessage.Tool(result.Text, call.Id, call.Name));
            }
            if (calls.Count > 0)
                continue;
            yield return new TurnPiece { Text = "", Reasoning = "", Stop = reply.Stop, IncompleteCall = reply.IncompleteCall };
            break;
        }
        turns.AddRange(turn);
    }

    /// <summary>Writes the conversation as JSON: <c>{"messages": [{"role": ..., "content": ...}, ...]}</c>.</summary>
    public void Save(string path) => ConversationFile.Write(path, Messages);

    /// <summary>Replaces this conversation by one that <see cref="Save"/> wrote.</summary>
    /// <exception cref="Files.MalformedFileException">The file is invalid. The message names the field.</exception>
    public void Load(string path)
    {
        var messages = ConversationFile.Read(path);
        Clear();
        System = messages is [{ Role: "system" } first, ..] ? first.Content : null;
        turns.AddRange(System is null ? messages : messages.Skip(1));
    }

    ChatMessage[] Instructions => System is null ? [] : [ChatMessage.System(System)];

    GenerationOptions Limits(GenerationOptions? options) =>
        options is null ? Defaults : options with { StopTokens = [.. options.StopTokens.Union(Defaults.StopTokens)] };

    /// <summary>The ids of the conversation with a new turn. Drops the oldest turns if that is allowed and needed.</summary>
    int[] FitContext(IReadOnlyList<ChatMessage> turn, IReadOnlyList<ChatTool> tools)
    {
        for (var dropped = 0; ; dropped = NextTurn(dropped))
        {
            var kept = turns.Skip(dropped).ToArray();
            var ids = tokenizer.Encode(layout.Render([.. Instructions, .. kept, .. turn], tools), marks: false);
            if (ids.Length < Context && (!DropsOldest || kept.Length == 0 || ids.Length <= Context * 3L / 4))
            {
                turns.RemoveRange(0, dropped);
                Forgotten += dropped;
                return ids;
            }
            if (!DropsOldest || kept.Length == 0)
            {
                throw new InvalidDataException(
                    string.Create(CultureInfo.InvariantCulture,
                    $"the context is full: {(kept.Length == 0 ? "this turn" : "the conversation with this turn")} takes {ids.Length:N0} tokens, ")
                    + string.Create(CultureInfo.InvariantCulture, $"and the context has {Context:N0}, of which the answer needs at least one"));
            }
        }
    }

    /// <summary>Index of the user's next message. All messages before it are dropped together: calls and results with their answer.</summary>
    int NextTurn(int from) => turns.FindIndex(from + 1, message => message.Role == "user") is >= 0 and var next ? next : turns.Count;
}
