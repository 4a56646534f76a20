namespace Nonet.Inference.Constraints;

/// <summary>
/// A constraint on a generated text, which gives the allowed next tokens. It holds the state after the tokens accepted so far. <see cref="Fork"/> copies the
/// state, so that one compiled constraint, which has not accepted any token, serves many texts at once, and a speculative decoder can go back.
/// </summary>
public interface ITokenConstraint
{
    /// <summary>Number of ids in a mask: they run from 0 to Vocab - 1.</summary>
    int Vocab { get; }

    /// <summary>Whether the text so far is complete, so that an end token is allowed.</summary>
    bool MayEnd { get; }

    /// <summary>Whether the text is complete and no token may follow.</summary>
    bool MustEnd { get; }

    /// <summary>Sets a mask to the allowed next tokens. It does not contain end tokens: the caller allows them if <see cref="MayEnd"/> is true.</summary>
    void Fill(TokenMask allowed);

    /// <summary>Appends a token to the text.</summary>
    /// <exception cref="ArgumentException">The token is not allowed here.</exception>
    void Accept(int id);

    /// <summary>An independent copy. Several threads may fork a constraint that none of them changes.</summary>
    ITokenConstraint Fork();
}
