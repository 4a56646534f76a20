using System.Runtime.CompilerServices;
using System.Text;
using Nonet.Models;
using Nonet.Text;

namespace Nonet.Inference;

/// <summary>A piece of text that one new token completes; on the last piece, why it is the last.</summary>
public readonly record struct GeneratedText(string Text, int Id, StopReason? Stop)
{
    /// <summary>The text alone, so that pieces can be written as they come.</summary>
    public override string ToString() => Text;
}

/// <summary>Continues text, or answers it with an encoder-decoder: a <see cref="TokenGenerator"/> between a tokenizer's encoding and its streaming decoder. Ends at the tokenizer's end-of-text mark.</summary>
public sealed class TextGenerator
{
    readonly Tokenizer tokenizer;
    readonly TokenGenerator generator;
    readonly bool continues;
    readonly int? start;

    /// <param name="model">Its weights filled.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="start">What a text without a prompt begins with, as the model file says; null: the tokenizer's end mark.</param>
    public TextGenerator(ILanguageModel model, Tokenizer tokenizer, int? start = null)
    {
        if (tokenizer.Vocab > model.Vocab)
            throw new ArgumentException($"the tokenizer has {tokenizer.Vocab} ids, the model {model.Vocab}: they do not belong together");
        (this.tokenizer, this.start) = (tokenizer, start);
        continues = model is ICausalModel;
        generator = TokenGenerator.For(model, tokenizer.Vocab);
    }

    /// <summary>The new text, piece by piece; each step runs off the caller's thread.</summary>
    /// <param name="prompt">Text to continue; an empty one begins a document, after the start token.</param>
    /// <param name="options">The end-of-text mark, where the tokenizer has one, is a stop token in any case.</param>
    /// <param name="stopping">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public IAsyncEnumerable<GeneratedText> Stream(string prompt, GenerationOptions options, CancellationToken stopping = default)
    {
        var ids = PromptIds(prompt);
        return Stream(ids, DecoderAfter(ids), options, stopping);
    }

    /// <summary>A new text after ids, such as those of a conversation.</summary>
    public IAsyncEnumerable<GeneratedText> Stream(int[] prompt, GenerationOptions options, CancellationToken stopping = default) => Stream(prompt, tokenizer.CreateDecoder(), options, stopping);

    async IAsyncEnumerable<GeneratedText> Stream(int[] prompt, StreamingDecoder decoder, GenerationOptions options, [EnumeratorCancellation] CancellationToken stopping)
    {
        var pieces = new Pieces(decoder, options);
        await foreach (var token in generator.Stream(prompt, WithEndMark(options), stopping).ConfigureAwait(false))
        {
            var piece = pieces.Add(token);
            yield return piece;
            if (piece.Stop is not null)
                yield break;
        }
    }

    /// <summary>The whole new text, on the caller's thread.</summary>
    public string Complete(string prompt, GenerationOptions options, CancellationToken stopping = default)
    {
        var ids = PromptIds(prompt);
        var (pieces, text) = (new Pieces(DecoderAfter(ids), options), new StringBuilder());
        foreach (var token in generator.Tokens(ids, WithEndMark(options), stopping))
        {
            var piece = pieces.Add(token);
            text.Append(piece.Text);
            if (piece.Stop is not null)
                break;
        }
        return text.ToString();
    }

    /// <summary>A decoder that continues a prompt; an encoder-decoder begins a text of its own.</summary>
    StreamingDecoder DecoderAfter(int[] prompt)
    {
        var decoder = tokenizer.CreateDecoder();
        if (continues)
            decoder.Follow(Array.FindAll(prompt, id => !tokenizer.IsSpecial(id)));
        return decoder;
    }

    int[] PromptIds(string prompt) => !continues ? tokenizer.EncodeSource(prompt) : tokenizer.Encode(prompt) is { Length: > 0 } ids ? ids : [start ?? tokenizer.EndOfText];

    GenerationOptions WithEndMark(GenerationOptions options) => tokenizer.HasEndOfText ? options with { StopTokens = [.. options.StopTokens, tokenizer.EndOfText] } : options;

    /// <summary>Tokens to text that may be shown.</summary>
    sealed class Pieces(StreamingDecoder decoder, GenerationOptions options)
    {
        readonly StopTextFilter filter = new(options.StopTexts);

        public GeneratedText Add(GeneratedToken token)
        {
            var text = token.Stop == StopReason.EndOfText ? "" : decoder.Add(token.Id);
            if (token.Stop is not null)
                text += decoder.Finish();
            var shown = filter.Add(text);
            return filter.Found ? new GeneratedText(shown, token.Id, StopReason.StopText)
                : new GeneratedText(token.Stop is null ? shown : shown + filter.Finish(), token.Id, token.Stop);
        }
    }
}
