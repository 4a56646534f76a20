using Nonet.Data;
using Nonet.Text;

namespace Nonet.Recipes;

/// <summary>Text as tokens, split into what is trained on and what is held out.</summary>
public sealed class TrainingText : IDisposable
{
    TrainingText(Tokenizer tokenizer, TokenFile train, TokenFile heldOut) => (Tokenizer, Train, HeldOut) = (tokenizer, train, heldOut);

    public Tokenizer Tokenizer { get; }
    public TokenFile Train { get; }

    /// <summary>Tokens that are never trained on.</summary>
    public TokenFile HeldOut { get; }

    /// <summary>Writes train.tokens and held-out.tokens into a folder and opens them.</summary>
    public static TrainingText Write(string folder, Tokenizer tokenizer, TextCorpus train, TextCorpus heldOut)
    {
        TokenFile.Write(Path.Combine(folder, "train.tokens"), tokenizer, train.Documents);
        TokenFile.Write(Path.Combine(folder, "held-out.tokens"), tokenizer, heldOut.Documents);
        return Open(folder, tokenizer);
    }

    /// <summary>Opens what <see cref="Write"/> wrote.</summary>
    public static TrainingText Open(string folder, Tokenizer tokenizer)
    {
        var train = TokenFile.Open(Path.Combine(folder, "train.tokens"), tokenizer);
        try
        {
            return new TrainingText(tokenizer, train, TokenFile.Open(Path.Combine(folder, "held-out.tokens"), tokenizer));
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Train.Dispose();
        HeldOut.Dispose();
    }
}
