using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Text.WordPiece;

namespace Nonet.Inference.Encoders;

/// <summary>A candidate for a mask.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Token">Its name in the vocabulary.</param>
/// <param name="Probability">Its probability among all tokens.</param>
/// <param name="Text">The whole text with the candidate in place of this mask.</param>
public sealed record MaskCandidate(int Id, string Token, double Probability, string Text);

/// <summary>A mask in a text.</summary>
/// <param name="Start">Start in the text, in UTF-16 units.</param>
/// <param name="End">End in the text, exclusive.</param>
/// <param name="Candidates">The most likely tokens, in order.</param>
public sealed record FilledMask(int Start, int End, IReadOnlyList<MaskCandidate> Candidates);

/// <summary>Predicts the tokens at the masks of a text. Devlin et al. 2018, section 3.1.</summary>
public sealed class MaskFiller
{
    readonly Bert model;
    readonly ModelText text;
    readonly int mask;

    /// <exception cref="NotSupportedException">The checkpoint has no head for masked tokens, or the tokenizer has no mask token.</exception>
    public MaskFiller(Bert model, Tokenizer tokenizer)
    {
        this.model = model;
        text = new ModelText(model, tokenizer)
            .Expect([ModelHead.Masked, .. model.Config is RobertaConfig ? Array.Empty<ModelHead>() : [ModelHead.PreTraining]]);
        mask = IdOfMask(tokenizer)
            ?? throw new NotSupportedException("the tokenizer has no mask token: found neither mask_token in its files, nor [MASK] or <mask> among its tokens");
    }

    /// <summary>The token that marks a place to fill in, such as [MASK].</summary>
    public string MaskToken => text.Tokenizer.TokenOf(mask)!;

    /// <summary>The id of a tokenizer's mask: mask_token in its files, otherwise [MASK] or &lt;mask&gt;. Null: it has none.</summary>
    public static int? IdOfMask(Tokenizer tokenizer)
    {
        var config = tokenizer.Config.IsEmpty ? null : JsonFields.Parse(Tokenizer.ConfigFileName, tokenizer.Config);
        var name = config is null || !config.Has("mask_token") ? null : config.IsText("mask_token") ? config.Text("mask_token")
            : config.Object("mask_token")!.Text("content");
        return (name is null ? null : tokenizer.IdOf(name)) ?? tokenizer.IdOf("[MASK]") ?? tokenizer.IdOf("<mask>");
    }

    /// <summary>Predicts the most likely tokens of every mask. The other masks stay unfilled.</summary>
    /// <exception cref="ArgumentException">The text has no mask, or is longer than the model's context.</exception>
    public IReadOnlyList<FilledMask> Fill(string masked, int top = 5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        using var scope = new TensorScope();
        var input = text.Encode(masked);
        if (input.Cut > 0)
            throw new ArgumentException($"the text has {input.Tokens.Count + input.Cut} tokens; expected at most the model's context of {text.Model.Context}",
                nameof(masked));
        int[] places = [.. Enumerable.Range(0, input.Tokens.Count).Where(i => input.Tokens[i].Id == mask)];
        if (places.Length == 0)
            throw new ArgumentException($"the text has no mask: expected {MaskToken} where a token is to be filled in", nameof(masked));
        var (hidden, _) = text.Forward([input]);
        var logits = model.Output(Ops.Embedding(hidden, text.Model.Parameters.Device.From(places)));
        return [.. places.Zip(ModelText.FiniteRows(logits), (place, row) => Filled(masked, input.Tokens[place], row, top))];
    }

    FilledMask Filled(string masked, Token token, float[] logits, int top)
    {
        var probabilities = ModelText.Softmax(logits.Select(l => (double)l));
        var best = Enumerable.Range(0, Math.Min(logits.Length, text.Tokenizer.Vocab)).OrderByDescending(id => logits[id]).Take(top);
        return new FilledMask(token.Start, token.End,
            [.. best.Select(id => new MaskCandidate(id, text.Tokenizer.TokenOf(id) ?? "", probabilities[id], With(masked, token, id)))]);
    }

    /// <summary>The text with a token in place of the mask. A token that continues a word is joined to it.</summary>
    string With(string masked, Token token, int id)
    {
        var (before, after) = (masked[..token.Start], masked[token.End..]);
        if (text.Tokenizer.TokenOf(id) is { } name && name.StartsWith(WordPieceTrainer.Continuing, StringComparison.Ordinal) && name.Length > 2)
            return before.TrimEnd() + name[2..] + after;
        var piece = text.Tokenizer.Decode([id]);
        return (before.Length == 0 || char.IsWhiteSpace(before[^1]) ? before + piece.TrimStart() : before + piece) + after;
    }
}
