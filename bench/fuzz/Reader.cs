using Nonet.Fuzz.Making;

namespace Nonet.Fuzz;

/// <summary>One way that bytes from outside come into the program.</summary>
abstract class Reader
{
    /// <summary>What is read.</summary>
    public abstract string Name { get; }

    /// <summary>How many of the cases it has, relative to the others.</summary>
    public virtual int Share => 4;

    /// <summary>Writes the files of a case and returns the use of them that is tried.</summary>
    /// <param name="dice">All choices come from here.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="sound">Whether the files are to be sound: then the use must succeed.</param>
    public abstract Action Prepare(Dice dice, string folder, bool sound);

    private protected static void Write(string folder, string name, ReadOnlySpan<byte> bytes) => File.WriteAllBytes(Path.Combine(folder, name), bytes);

    private protected static void Write(string folder, string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);
}
