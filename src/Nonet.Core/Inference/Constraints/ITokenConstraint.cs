namespace Nonet.Inference.Constraints;

/// <summary>
/// What a text may be, as the tokens that may come next. It holds the state after the tokens accepted so far; <see cref="Fork"/> copies it, so that one
/// compiled constraint, which accepted nothing yet, serves many texts at once, and a speculative decoder can go back.
/// </summary>
public interface ITokenConstraint
{
    /// <summary>The masks' size: ids run from 0 to Vocab - 1.</summary>
    int Vocab { get; }

    /// <summary>Whether the text so far is complete: the end token is allowed exactly here.</summary>
    bool MayEnd { get; }

    /// <summary>Whether the text is complete and no token may follow.</summary>
    bool MustEnd { get; }

    /// <summary>Sets a mask to the text tokens that may come next. End tokens are the caller's: it allows them where <see cref="MayEnd"/> holds.</summary>
    void Fill(TokenMask allowed);

    /// <summary>Appends a token to the text.</summary>
    /// <exception cref="ArgumentException">The token is not allowed here.</exception>
    void Accept(int id);

    /// <summary>A copy that goes on by itself. Several threads may fork a constraint that none of them changes.</summary>
    ITokenConstraint Fork();
}
