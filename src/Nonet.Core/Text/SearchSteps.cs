using Nonet.Files;

namespace Nonet.Text;

/// <summary>Limits the steps of a search for tokens in a text. Only tokens of thousands of characters at every place come near the limit.</summary>
/// <param name="file">File name for error messages.</param>
/// <param name="length">Characters of the text.</param>
struct SearchSteps(string file, int length)
{
    const int PerCharacter = 100, Spare = 2_000_000;

    long left = ((long)PerCharacter * length) + Spare;

    public void Take(int steps)
    {
        if ((left -= steps) < 0)
        {
            throw new MalformedFileException(file, $"tokens that begin at too many places of a text of {length} characters and are too long",
                $"a search of at most {PerCharacter} steps per character; shorter tokens");
        }
    }
}
