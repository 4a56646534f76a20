using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Nonet.Inference;
using Nonet.Inference.Chat;
using Nonet.Inference.Tools;
using Nonet.Text.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Nonet.Extensions.AI;

/// <summary>
/// A model in this process as an <see cref="IChatClient"/>. Any number of requests may run at once: one engine computes them in batches, and shared prefixes
/// only once. The client stores no conversation; every request contains all of its messages.
/// </summary>
/// <example>
/// <code>
/// using IChatClient client = NonetChatClient.Open("path/to/model");
/// await foreach (var update in client.GetStreamingResponseAsync("Why is the sky blue?"))
///     Console.Write(update);
/// </code>
/// </example>
public sealed class NonetChatClient : IChatClient
{
    /// <summary>
    /// Code of the <see cref="ErrorContent"/> for a call that is incomplete because the reply ended. Its details are the text of the call so far.
    /// </summary>
    public const string IncompleteCall = "incomplete_tool_call";

    readonly ChatModel chat;
    readonly GenerationOptions defaults;
    readonly ChatClientMetadata metadata;
    readonly string modelId;
    readonly LanguageModel? model;
    readonly bool ownsModel;

    /// <param name="model">A decoder. It stays open when the client is disposed of.</param>
    /// <exception cref="NotSupportedException">The model is not a decoder.</exception>
    public NonetChatClient(LanguageModel model) : this(model, ownsModel: false)
    {
    }

    /// <param name="chat">The model; its engine stays open when the client is disposed of.</param>
    /// <param name="modelId">Name of the model in responses.</param>
    public NonetChatClient(ChatModel chat, string modelId)
    {
        ArgumentNullException.ThrowIfNull(chat);
        ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        (this.chat, this.modelId) = (chat, modelId);
        defaults = chat.Defaults;
        metadata = new ChatClientMetadata("nonet", defaultModelId: modelId);
    }

    NonetChatClient(LanguageModel model, bool ownsModel) : this(Checked(model).Chat, model.Name)
    {
        (this.model, this.ownsModel) = (model, ownsModel);
        defaults = model.Defaults with { MaxTokens = null };
    }

    /// <summary>Opens a model that the client disposes of.</summary>
    /// <param name="path">A Hugging Face folder, a .gguf file, a run folder, or owner/name of a pulled model.</param>
    /// <param name="options">Limits of the engine: memory and number of concurrent requests. Null: the defaults.</param>
    /// <exception cref="IOException">A file is missing or cannot be read. The message names it.</exception>
    /// <exception cref="InvalidDataException">A file is damaged. The message names the file and the field.</exception>
    /// <exception cref="NotSupportedException">The kind of model is not supported, or is not a decoder.</exception>
    public static NonetChatClient Open(string path, EngineOptions? options = null)
    {
        var model = LanguageModel.Open(path, options: options);
        try
        {
            return new NonetChatClient(model, ownsModel: true);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <summary>
    /// Streams a reply: an update for each token that completes text. A function call arrives as soon as it is complete. The last update has the finish reason
    /// and the counts of tokens.
    /// </summary>
    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = ChatRequests.Read(messages, options, modelId, defaults, this);
        // Off the caller's thread, because a long conversation or a new schema takes time.
        var reply = await Task.Run(() => chat.Generate(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        var (id, created, showsThoughts) = (Guid.NewGuid().ToString("N"), DateTimeOffset.UtcNow, options?.Reasoning?.Output != ReasoningOutput.None);
        await foreach (var piece in reply.ConfigureAwait(false))
        {
            if (ContentOf(piece, showsThoughts) is { } content)
                yield return Update([content], reply.Token);
        }
        List<AIContent> last = [new UsageContent(Usage(reply))];
        if (reply.IncompleteCall.Length > 0)
        {
            const string Message = "the reply ended before a call was complete; raise ChatOptions.MaxOutputTokens";
            last.Insert(0, new ErrorContent(Message) { ErrorCode = IncompleteCall, Details = reply.IncompleteCall });
        }
        var end = Update(last, null);
        end.FinishReason = Reason(reply);
        yield return end;

        ChatResponseUpdate Update(List<AIContent> contents, object? raw) => new(ChatRole.Assistant, contents)
        {
            ResponseId = id,
            MessageId = id,
            ModelId = modelId,
            CreatedAt = created,
            RawRepresentation = raw,
        };
    }

    /// <summary>
    /// This client, its <see cref="ChatClientMetadata"/>, the <see cref="ChatModel"/>, the <see cref="DecodingEngine"/>, and the <see cref="LanguageModel"/>
    /// if it has one.
    /// </summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return ((object?[])[this, metadata, chat, chat.Engine, model]).FirstOrDefault(serviceType.IsInstanceOfType);
    }

    /// <summary>Closes the model if <see cref="Open"/> opened it.</summary>
    public void Dispose()
    {
        if (ownsModel)
            model!.Dispose();
    }

    static LanguageModel Checked(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model;
    }

    static AIContent? ContentOf(ReplyPiece piece, bool showsThoughts) => piece switch
    {
        { Call: { } call } => new FunctionCallContent(call.Id!, call.Name, ArgumentsOf(call)),
        { Reasoning.Length: > 0 } => showsThoughts ? new TextReasoningContent(piece.Reasoning) : null,
        { Text.Length: > 0 } => new TextContent(piece.Text),
        _ => null,
    };

    static Dictionary<string, object?> ArgumentsOf(ChatToolCall call)
    {
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var argument in call.Arguments.EnumerateObject())
            arguments[argument.Name] = argument.Value; // the last one if names are equal
        return arguments;
    }

    static ChatFinishReason Reason(ChatReply reply) => reply.Stop switch
    {
        null or StopReason.MaxTokens or StopReason.ContextFull => ChatFinishReason.Length,
        _ => reply.Calls > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    static UsageDetails Usage(ChatReply reply) => new()
    {
        InputTokenCount = reply.PromptTokens,
        CachedInputTokenCount = reply.ReusedTokens,
        OutputTokenCount = reply.NewTokens,
        ReasoningTokenCount = reply.ThinkingTokens,
        TotalTokenCount = reply.PromptTokens + reply.NewTokens,
    };
}
