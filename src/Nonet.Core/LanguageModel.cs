using Nonet.Checkpoints;
using Nonet.Inference;
using Nonet.Inference.Chat;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet;

/// <summary>
/// A model that is ready to use. It continues text, chats, scores and embeds, with the tokenizer, end tokens and generation defaults that
/// its authors stored with it. Any number of calls may run at once: one <see cref="DecodingEngine"/> computes them together.
/// </summary>
/// <example>
/// <code>
/// using var model = LanguageModel.Open("runs/quickstart");
/// await foreach (var token in model.Stream("It was"))
///     Console.Write(token);
/// </code>
/// </example>
public sealed class LanguageModel : IDisposable
{
    readonly LoadedModel open;
    readonly IDisposable? own;
    readonly Lazy<DecodingEngine> engine;
    readonly Lazy<TextEmbedder> embedder;
    readonly Lazy<ChatModel> chat;

    LanguageModel(LoadedModel open, string name, IDisposable? own, EngineOptions? options)
    {
        (this.open, Name, this.own) = (open, name, own);
        Tokenizer = open.LoadTokenizer();
        Defaults = GenerationOptions.For(open.File.Defaults);
        engine = new(() => new DecodingEngine(open.Model, Tokenizer, options, open.Model is ICausalModel ? open.File.StartToken(Tokenizer) : null));
        chat = new(CreateChat);
        embedder = new(() => CreateEmbedder(normalize: true));
    }

    /// <summary>Opens a model. Its weights are mapped, not copied.</summary>
    /// <param name="path">
    /// A Hugging Face folder, a .gguf file, a .bin file of llama2.c, a run folder (its best checkpoint, otherwise its last), or owner/name
    /// of a pulled model.
    /// </param>
    /// <param name="device">
    /// Device that computes. It must outlive the model. Null: the model creates a <see cref="CpuDevice"/> on all cores.
    /// </param>
    /// <param name="adapter">Folder with a LoRA adapter in PEFT's format; null: no adapter, or the adapter of the run.</param>
    /// <param name="options">Limits of the engine: memory and number of concurrent sequences. Null: the defaults.</param>
    /// <exception cref="IOException">A file is missing or cannot be read. The message names it.</exception>
    /// <exception cref="InvalidDataException">A file is damaged. The message names the file and the field.</exception>
    /// <exception cref="NotSupportedException">The kind of model is not supported. The message lists the supported kinds.</exception>
    public static LanguageModel Open(string path, Device? device = null, string? adapter = null, EngineOptions? options = null)
    {
        var own = device is null ? new CpuDevice() : null;
        LoadedModel? open = null;
        try
        {
            open = new LoadedModel(path, device ?? own!, adapter);
            return new LanguageModel(open, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))), own, options);
        }
        catch
        {
            open?.Dispose();
            own?.Dispose();
            throw;
        }
    }

    /// <summary>Name of the folder or file that was opened: the last part of its path.</summary>
    public string Name { get; }

    /// <summary>The tokenizer that is stored with the model.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>
    /// Generation settings of the model's authors: end tokens and sampling from generation_config.json, and at most 256 new tokens. Change
    /// them with <c>with</c>.
    /// </summary>
    public GenerationOptions Defaults { get; }

    /// <summary>The network: an <see cref="ICausalModel"/>, an <see cref="IEncoderDecoder"/> or a <see cref="Bert"/>.</summary>
    public ILanguageModel Model => open.Model;

    /// <summary>Shape of the model.</summary>
    public ModelConfig Config => open.Config;

    /// <summary>Largest number of tokens of a prompt and its continuation together.</summary>
    public int Context => open.Model.Context;

    /// <summary>Device that computes.</summary>
    public Device Device => open.Device;

    /// <summary>The engine that all calls use. It also takes ids, returns log-probabilities and scores many texts.</summary>
    public DecodingEngine Engine => engine.Value;

    /// <summary>
    /// Continues a text; an encoder-decoder answers it. Each step runs outside the caller's thread. Each piece of text consists of complete
    /// characters.
    /// </summary>
    /// <param name="prompt">The text; an empty one begins a document.</param>
    /// <param name="options">Null: <see cref="Defaults"/>. The model's end tokens always end the text.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public Generation Stream(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Engine.Generate(prompt, WithEndTokens(options), cancellationToken);

    /// <summary>The whole continuation of a text, without the prompt. See <see cref="Stream"/>.</summary>
    public Task<string> CompleteAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Engine.CompleteAsync(prompt, WithEndTokens(options), cancellationToken);

    /// <summary>Begins a conversation, laid out by the model's chat template; a model without one gets a plain layout.</summary>
    /// <param name="system">Instruction before the first message; null: none.</param>
    public Conversation StartChat(string? system = null)
    {
        var template = DecoderTemplate();
        return new Conversation(Engine, Tokenizer, template, Defaults, system);
    }

    /// <summary>Answers conversations that the caller keeps, with tools and schemas. Throws if the model is not a decoder.</summary>
    public ChatModel Chat => chat.Value;

    /// <summary>ln p of each token of a continuation, given the context and the previous tokens. Runs outside the caller's thread.</summary>
    /// <param name="context">Text before the continuation; empty: the beginning of a document.</param>
    /// <param name="continuation">The text that is scored.</param>
    /// <param name="cancellationToken">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public async Task<IReadOnlyList<TokenScore>> ScoreAsync(string context, string continuation, CancellationToken cancellationToken = default) =>
        await Engine.ScoreAsync(Engine.EncodeScoring(context, continuation), cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Vector of a text, scaled to length 1: of the hidden states of an encoder or a decoder, pooled as the model's files say, otherwise their mean. Runs
    /// outside the caller's thread.
    /// </summary>
    public Task<float[]> EmbedAsync(string text, CancellationToken cancellationToken = default)
    {
        var embedding = embedder.Value;
        return Task.Run(() => embedding.Embed(text).Vector, cancellationToken);
    }

    /// <summary>Makes vectors of many texts. Throws if the model is an encoder-decoder.</summary>
    /// <param name="pooling">How hidden states become one vector; null: as the model's files say, otherwise their mean.</param>
    /// <param name="normalize">Whether vectors get length 1; null: as the model's files say.</param>
    public TextEmbedder CreateEmbedder(Pooling? pooling = null, bool? normalize = null) => TextEmbedder.Of(open, Tokenizer, pooling, normalize);

    /// <summary>Closes the mapped weights and frees the device if the model created it.</summary>
    public void Dispose()
    {
        if (engine.IsValueCreated)
            engine.Value.Dispose();
        open.Dispose();
        own?.Dispose();
    }

    ChatTemplate? DecoderTemplate()
    {
        _ = open.Decoder; // throws for other models
        return open.LoadChatTemplate();
    }

    ChatModel CreateChat()
    {
        var template = DecoderTemplate();
        return new ChatModel(Engine, Tokenizer, template, Defaults);
    }

    GenerationOptions WithEndTokens(GenerationOptions? options) =>
        options is null ? Defaults : options with { StopTokens = [.. options.StopTokens.Union(Defaults.StopTokens)] };
}
