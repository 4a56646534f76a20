using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Nonet.Files;

namespace Nonet.Formats.PyTorch;

/// <summary>A global name in a pickle. Only its text is kept; it is never resolved to code.</summary>
sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A reference to an object outside the pickle. In files of torch it is a storage, named by a tuple.</summary>
sealed class PicklePersistent(object?[] id)
{
    public object?[] Id => id;
}

/// <summary>
/// Reads a pickle of protocol 2 to 5 into plain values without running code. Calls go to the reader's own table of known calls; any other
/// call is refused by name. Values: null, bool, long (BigInteger beyond 64 bits), double, string, byte[], object?[] for a tuple, List for a
/// list or set, PickleDictionary.
/// </summary>
/// <param name="file">File name for messages.</param>
/// <param name="known">Whether a global name is allowed.</param>
/// <param name="call">Result of calling a global.</param>
sealed class Pickle(string file, Func<PickleGlobal, bool> known, Func<PickleGlobal, object?[], object?> call)
{
    /// <summary>Limit of the values in a pickle: several times the number in the largest models. It bounds memory for any file.</summary>
    const int MostValues = 1 << 22;

    static readonly object mark = new();
    readonly List<object?> stack = [];
    readonly Dictionary<uint, object?> memo = [];
    int values;

    /// <summary>Reads the pickle at the start of <paramref name="data"/>.</summary>
    /// <param name="data">The pickle, possibly followed by other bytes.</param>
    /// <param name="at">Receives the length of the pickle in bytes.</param>
    public object? Read(ReadOnlySpan<byte> data, out int at)
    {
        at = 0;
        while (true)
        {
            var op = Take(data, ref at, 1)[0];
            Charge(1);
            switch ((char)op)
            {
                case '.': return Pop();
                case '\x80': Protocol(Take(data, ref at, 1)[0]); break;
                case '\x95': Take(data, ref at, 8); break; // length of a frame
                case '(': stack.Add(mark); break;
                case '0': Pop(); break;
                case '1': PopToMark(); break;
                case '2': stack.Add(Peek()); break;
                case 'N': stack.Add(null); break;
                case '\x88': stack.Add(true); break;
                case '\x89': stack.Add(false); break;
                case 'J': stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(data, ref at, 4))); break;
                case 'K': stack.Add((long)Take(data, ref at, 1)[0]); break;
                case 'M': stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(data, ref at, 2))); break;
                case '\x8a': PushInteger(Take(data, ref at, Take(data, ref at, 1)[0])); break;
                case 'G': stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(data, ref at, 8))); break;
                case 'X': stack.Add(Text(Take(data, ref at, BinaryPrimitives.ReadUInt32LittleEndian(Take(data, ref at, 4))))); break;
                case '\x8c': stack.Add(Text(Take(data, ref at, Take(data, ref at, 1)[0]))); break;
                case 'U': stack.Add(Text(Take(data, ref at, Take(data, ref at, 1)[0]))); break; // a string of Python 2
                case 'T': stack.Add(Text(Take(data, ref at, BinaryPrimitives.ReadUInt32LittleEndian(Take(data, ref at, 4))))); break;
                case '\x8d': stack.Add(Text(Take(data, ref at, BinaryPrimitives.ReadUInt64LittleEndian(Take(data, ref at, 8))))); break;
                case 'C': stack.Add(Take(data, ref at, Take(data, ref at, 1)[0]).ToArray()); break;
                case 'B': stack.Add(Take(data, ref at, BinaryPrimitives.ReadUInt32LittleEndian(Take(data, ref at, 4))).ToArray()); break;
                case ')': stack.Add(Array.Empty<object?>()); break;
                case 't': stack.Add(PopToMark()); break;
                case '\x85': stack.Add(PopMany(1)); break;
                case '\x86': stack.Add(PopMany(2)); break;
                case '\x87': stack.Add(PopMany(3)); break;
                case ']': case '\x8f': stack.Add(new List<object?>()); break;
                case 'l': stack.Add(PopToMark().ToList()); break;
                case 'a': { var x = Pop(); As<List<object?>>(Peek(), "a list").Add(x); break; }
                case 'e': case '\x90': { var x = PopToMark(); As<List<object?>>(Peek(), "a list").AddRange(x); break; }
                case '}': stack.Add(new PickleDictionary()); break;
                case 'd': { var x = PopToMark(); stack.Add(new PickleDictionary()); Set(x); break; }
                case 's': Set(PopMany(2)); break;
                case 'u': Set(PopToMark()); break;
                case 'q': memo[Take(data, ref at, 1)[0]] = Peek(); break;
                case 'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(data, ref at, 4))] = Peek(); break;
                case '\x94': memo[(uint)memo.Count] = Peek(); break;
                case 'h': stack.Add(Remembered(Take(data, ref at, 1)[0])); break;
                case 'j': stack.Add(Remembered(BinaryPrimitives.ReadUInt32LittleEndian(Take(data, ref at, 4)))); break;
                case 'c': stack.Add(Global(Line(data, ref at), Line(data, ref at))); break;
                case '\x93': { var name = PopMany(2); stack.Add(Global(As<string>(name[0], "a module"), As<string>(name[1], "a name"))); break; }
                case 'Q': stack.Add(new PicklePersistent(As<object?[]>(Pop(), "a tuple that names a storage"))); break;
                case 'R':
                    {
                        var arguments = As<object?[]>(Pop(), "a tuple of arguments");
                        stack.Add(call(As<PickleGlobal>(Pop(), "a known name to call"), arguments));
                        break;
                    }
                case 'b': Pop(); break; // state of an object: attributes of an OrderedDict, which are not needed
                default: throw Wrong($"opcode 0x{op:x2} at byte {at - 1}", "those that a dictionary of tensors needs; this pickle contains something else");
            }
        }
    }

    /// <summary>Counts new values, and throws if there are more than any model needs.</summary>
    public void Charge(int count)
    {
        if (count > MostValues - values)
            throw Wrong($"more than {MostValues} values", "fewer: a dictionary of tensors");
        values += count;
    }

    /// <summary>Describes a value in a few words, whatever it contains.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "None",
        string text => $"'{(text.Length <= 60 ? text : text[..60] + "...")}'",
        bool or long or double or PickleGlobal => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value}"),
        BigInteger => "a large integer",
        byte[] => "bytes",
        object?[] => "a tuple",
        List<object?> => "a list",
        PickleDictionary => "a dictionary",
        PicklePersistent => "a storage",
        StorageView => "a tensor",
        _ => value.GetType().Name,
    };

    void Protocol(byte version)
    {
        if (version is < 2 or > 5)
            throw Wrong($"protocol {version}", "2 to 5");
    }

    PickleGlobal Global(string module, string name)
    {
        var global = new PickleGlobal(module, name);
        return known(global) ? global
            : throw Wrong($"the name {global}", "tensors, their storages and plain containers; anything else is refused, because it could run code");
    }

    object? Remembered(uint place) =>
        memo.TryGetValue(place, out var value) ? value : throw Wrong($"a reference to place {place}, which holds nothing", "an earlier value");

    object? Peek() => stack.Count > 0 && stack[^1] != mark ? stack[^1] : throw Wrong("an empty stack", "a value");

    object? Pop()
    {
        var x = Peek();
        stack.RemoveAt(stack.Count - 1);
        return x;
    }

    object?[] PopMany(int count)
    {
        var values = new object?[count];
        for (var i = count - 1; i >= 0; i--)
            values[i] = Pop();
        return values;
    }

    object?[] PopToMark()
    {
        var at = stack.LastIndexOf(mark);
        if (at < 0)
            throw Wrong("no mark on the stack", "one");
        object?[] values = [.. stack[(at + 1)..]];
        stack.RemoveRange(at, stack.Count - at);
        return values;
    }

    void Set(object?[] pairs)
    {
        var dictionary = As<PickleDictionary>(Peek(), "a dictionary");
        if (pairs.Length % 2 != 0)
            throw Wrong($"{pairs.Length} keys and values", "pairs");
        for (var i = 0; i < pairs.Length; i += 2)
            dictionary.Items.Add((pairs[i], pairs[i + 1]));
    }

    T As<T>(object? x, string expected) where T : class => x as T ?? throw Wrong(Describe(x), expected);

    void PushInteger(ReadOnlySpan<byte> x)
    {
        var value = new BigInteger(x);
        if (value >= long.MinValue && value <= long.MaxValue)
            stack.Add((long)value);
        else
            stack.Add(value);
    }

    static string Text(ReadOnlySpan<byte> x) => Encoding.UTF8.GetString(x);

    ReadOnlySpan<byte> Take(ReadOnlySpan<byte> data, ref int at, ulong count)
    {
        if (count > (ulong)(data.Length - at))
            throw Wrong($"{count} bytes at byte {at} of {data.Length}", "all of them within the pickle; is it truncated?");
        var taken = data.Slice(at, (int)count);
        at += (int)count;
        return taken;
    }

    string Line(ReadOnlySpan<byte> data, ref int at)
    {
        var end = data[at..].IndexOf((byte)'\n');
        if (end < 0)
            throw Wrong($"a name without an end at byte {at}", "a line");
        var line = Text(data.Slice(at, end));
        at += end + 1;
        return line;
    }

    MalformedFileException Wrong(string found, string expected) => new(file, $"in its pickle {found}", expected);
}

/// <summary>Keys and values in their order.</summary>
sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Items { get; } = [];
}
