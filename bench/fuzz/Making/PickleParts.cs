using System.Text;

namespace Nonet.Fuzz.Making;

/// <summary>Pickles of tensors as torch.save writes them, a part for each opcode, that can be written wrong.</summary>
sealed class PickleParts
{
    readonly List<byte[]> ops = [];

    /// <summary>A dictionary of some tensors over one storage of eight floats.</summary>
    public static PickleParts OfTensors(bool legacy)
    {
        var pickle = new PickleParts();
        pickle.Add(0x80, 2).Add('}').Add('(');
        pickle.Tensor("a", [2, 4], [4, 1], 0, legacy).Tensor("t", [4, 2], [1, 4], 0, legacy).Tensor("part", [2], [2], 3, legacy)
            .Tensor("a.b", [2, 4], [0, 1], 0, legacy);
        return pickle.Add('u').Add('.');
    }

    /// <summary>The keys of storages, as the older stream lists them.</summary>
    public static PickleParts OfKeys() => new PickleParts().Add(0x80, 2).Add(']').Add('(').Word("0").Add('e').Add('.');

    /// <summary>What the older stream begins with: a magic number, a protocol, the machine.</summary>
    public static byte[] Preamble() =>
    [
        0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.', 0x80, 2, (byte)'M', 0xe9, 3, (byte)'.',
        .. new PickleParts().Add(0x80, 2).Add('}').Add('(').Word("protocol_version").Add('M', 0xe9, 3).Word("little_endian").Add(0x88).Add('u').Add('.')
        .ToBytes(),
    ];

    public byte[] ToBytes() => [.. ops.SelectMany(op => op)];

    public void Damage(Dice dice)
    {
        var at = dice.Below(ops.Count);
        switch (dice.Below(14))
        {
            case 0: ops.RemoveAt(at); break;
            case 1: ops.InsertRange(at, Enumerable.Repeat(ops[at], dice.Of(1, 2, 3000))); break;
            case 2: (ops[at], ops[dice.Below(ops.Count)]) = (ops[dice.Below(ops.Count)], ops[at]); break;
            case 3: ops.Insert(at, [(byte)'J', .. BitConverter.GetBytes((int)dice.Number())]); break;
            case 4: ops[at] = [0x8a, 8, .. BitConverter.GetBytes(dice.Number())]; break;
            case 5: ops[at] = [0x8a, 255, .. Enumerable.Repeat((byte)0x7f, 255)]; break;
            case 6: ops.InsertRange(at, Enumerable.Repeat<byte[]>([(byte)dice.Of('(', ']', '}', ')')], dice.Of(1, 1000, 50_000))); break;
            case 7:
                ops.InsertRange(at,
                Enumerable.Repeat<byte[]>([(byte)dice.Of(0x85, 0x86, 't', 'l', 'd', 'e', 'a', 's', 'u', '2', '0', '1', 'b', 'Q', 'R')],
                dice.Of(1, 2, 40))); break;
            case 8: ops.Insert(at, [(byte)'q', (byte)dice.Below(4)]); break;
            case 9: ops.Insert(at, [(byte)'h', (byte)dice.Below(4)]); break;
            case 10: // a list that doubles: [x, x] of [x, x] of ...
                ops.Insert(at, [(byte)']', .. Enumerable.Range(0, dice.Of(5, 60)).SelectMany(_ => (byte[])[(byte)'2', 0x86])]);
                break;
            case 11:
                ops[at] = [(byte)'c',
                .. Encoding.ASCII.GetBytes(
                dice.Of("os\nsystem\n", "builtins\neval\n", "torch\nHalfStorage\n", "torch\nComplexFloatStorage\n", "torch._utils\n_rebuild_parameter\n",
                "collections\nOrderedDict\n", "x\n"))]; break;
            case 12: ops[at] = WordOf(dice.Text()); break;
            default: ops[at] = [(byte)dice.Below(256), .. dice.Bytes(dice.Below(9))]; break;
        }
        if (ops.Count == 0)
            ops.Add([(byte)'.']);
    }

    PickleParts Add(params ReadOnlySpan<int> bytes)
    {
        var op = new byte[bytes.Length];
        for (var i = 0; i < op.Length; i++)
            op[i] = (byte)bytes[i];
        ops.Add(op);
        return this;
    }

    static byte[] WordOf(string text) => Encoding.UTF8.GetBytes(text) is var bytes ? [(byte)'X', .. BitConverter.GetBytes(bytes.Length), .. bytes] : [];

    PickleParts Word(string text)
    {
        ops.Add(WordOf(text));
        return this;
    }

    PickleParts Name(string name)
    {
        ops.Add([(byte)'c', .. Encoding.ASCII.GetBytes(name.Replace(' ', '\n')), (byte)'\n']);
        return this;
    }

    PickleParts Numbers(ReadOnlySpan<int> numbers)
    {
        Add('(');
        foreach (var n in numbers)
            Add('K', n);
        return Add('t');
    }

    PickleParts Tensor(string name, ReadOnlySpan<int> shape, ReadOnlySpan<int> strides, int offset, bool legacy)
    {
        Word(name).Name("torch._utils _rebuild_tensor_v2").Add('(').Add('(').Word("storage").Name("torch FloatStorage").Word("0").Word("cpu").Add('K', 8);
        if (legacy)
            Add('N');
        return Add('t').Add('Q').Add('K', offset).Numbers(shape).Numbers(strides).Add(0x89).Name("collections OrderedDict").Add(')').Add('R').Add('t').Add('R');
    }
}
