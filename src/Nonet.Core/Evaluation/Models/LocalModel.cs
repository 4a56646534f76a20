using Nonet.Checkpoints;
using Nonet.Evaluation.Prompts;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Evaluation.Models;

/// <summary>A decoder that this process computes.</summary>
public sealed class LocalModel : IScoringModel
{
    /// <summary>Rows of logits that exist at once.</summary>
    const int Rows = 64;

    readonly ICausalModel model;
    readonly Tokenizer tokenizer;
    readonly RequestEncoder encoder;

    /// <param name="open">A decoder with a tokenizer.</param>
    /// <param name="name">What it is called in reports.</param>
    /// <param name="chat">How prompts reach it.</param>
    /// <exception cref="NotSupportedException">It is no decoder, or has no chat template where one is needed.</exception>
    public LocalModel(LoadedModel open, string name, ChatMode chat = ChatMode.Off)
    {
        (model, tokenizer, Name, Chat) = (open.Decoder, open.LoadTokenizer(), name, chat);
        if (tokenizer.Vocab > model.Vocab)
            throw new ArgumentException($"{open.FolderPath}: the tokenizer has {tokenizer.Vocab} ids, the model {model.Vocab}: they do not belong together");
        var template = chat == ChatMode.Off ? null : ChatTemplate.Load(open.FolderPath)
            ?? throw new NotSupportedException($"{open.FolderPath}: found no chat template; expected one in tokenizer_config.json or chat_template.jinja, or --chat off");
        encoder = new RequestEncoder(tokenizer, open.File.StartToken(tokenizer), chat, template);
        Digest = ModelDigest.Of(open.FolderPath);
    }

    public string Name { get; }
    public string Digest { get; }
    public ChatMode Chat { get; }
    public int Context => model.Context;

    /// <summary>The id that stands before every text.</summary>
    public int StartToken => encoder.Start;
    public EncodedRequest Encode(ModelPrompt prompt, string continuation) => encoder.Encode(prompt, continuation);
    public int[] Encode(ModelPrompt prompt) => encoder.Encode(prompt);
    public IReadOnlyList<EncodedRequest> EncodeWindows(string text) => encoder.Windows(text, model.Context);
    public string Decode(ReadOnlySpan<int> ids) => tokenizer.Decode(ids);

    public Task Score(IReadOnlyList<EncodedRequest> requests, Action<int, ContinuationScore> done, CancellationToken stopping)
    {
        for (var i = 0; i < requests.Count; i++)
            done(i, Score(requests[i], stopping));
        return Task.CompletedTask;
    }

    public Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping)
    {
        for (var i = 0; i < requests.Count; i++)
            done(i, Write(requests[i], stopping));
        return Task.CompletedTask;
    }

    ContinuationScore Score(EncodedRequest request, CancellationToken stopping)
    {
        int[] ids = [.. request.Context, .. request.Continuation];
        using var scope = new TensorScope();
        var hidden = model.Forward(Batch.Of(model.Parameters.Device, ids[..^1]));
        var (sum, greedy, first) = (0.0, true, request.Context.Length);
        for (var begin = first - 1; begin < ids.Length - 1; begin += Rows)
        {
            stopping.ThrowIfCancellationRequested();
            using var part = new TensorScope();
            var count = Math.Min(Rows, ids.Length - 1 - begin);
            var logits = model.Output(Ops.Slice(hidden, 0, begin, count)).Download().AsSpan<float>();
            for (var row = 0; row < count; row++)
            {
                var values = logits.Slice(row * model.Vocab, model.Vocab);
                var own = values[ids[begin + row + 1]];
                var (largest, total) = (float.NegativeInfinity, 0.0);
                foreach (var v in values)
                    largest = Math.Max(largest, v);
                foreach (var v in values)
                    total += Math.Exp(v - largest);
                sum += own - largest - Math.Log(total);
                greedy &= own == largest;
            }
        }
        return new ContinuationScore(sum, request.Continuation.Length, greedy);
    }

    WrittenText Write(TextRequest request, CancellationToken stopping)
    {
        var (prompt, text, written) = (Encode(request.Prompt), new System.Text.StringBuilder(), new List<int>());
        var options = new GenerationOptions
        {
            MaxTokens = request.MaxTokens,
            StopTexts = [.. request.Stop],
            StopTokens = tokenizer.HasEndOfText ? [tokenizer.EndOfText] : [],
            Sampler = new SamplerOptions { Temperature = request.Temperature, TopK = request.TopK, Seed = request.Seed },
        };
        var (decoder, filter, reason) = (tokenizer.CreateDecoder(), new StopTextFilter(options.StopTexts), StopReason.MaxTokens);
        decoder.Follow(Array.FindAll(prompt, id => !tokenizer.IsSpecial(id)));
        foreach (var token in TokenGenerator.For(model, tokenizer.Vocab).Tokens(prompt, options, stopping))
        {
            written.Add(token.Id);
            if (token.Stop != StopReason.EndOfText)
                text.Append(filter.Add(decoder.Add(token.Id)));
            if (token.Stop is { } stop)
                (reason, _) = (stop, text.Append(filter.Add(decoder.Finish())).Append(filter.Found ? "" : filter.Finish()));
            if (filter.Found)
            {
                reason = StopReason.StopText;
                break;
            }
        }
        var score = written.Count > 0 ? Score(new EncodedRequest(prompt, [.. written]), stopping) : default;
        return new WrittenText(text.ToString(), NameOf(reason), score.LogProbability, written.Count);
    }

    static string NameOf(StopReason reason) => reason switch
    {
        StopReason.EndOfText => "end_of_text",
        StopReason.StopText => "stop_text",
        StopReason.ContextFull => "context_full",
        _ => "max_tokens",
    };
}
