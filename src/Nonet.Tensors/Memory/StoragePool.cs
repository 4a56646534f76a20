using System.Numerics;

namespace Nonet.Tensors.Memory;

/// <summary>
/// Reuses a device's buffers from step to step. Buffers are kept by size class, with eight classes per octave, so at most an eighth of a
/// buffer is unused.
/// </summary>
public sealed class StoragePool
{
    readonly Func<long, Storage> allocate;

    /// <param name="allocate">Allocates a new storage of the given number of bytes.</param>
    internal StoragePool(Func<long, Storage> allocate) => this.allocate = allocate;

    const int Classes = 8 * 64;
    readonly Stack<Storage>?[] free = new Stack<Storage>?[Classes];
    readonly Lock gate = new();

    /// <summary>Bytes allocated from the system and not given back, whether in use or waiting.</summary>
    public long AllocatedBytes { get; private set; }

    internal Storage Rent(long bytes)
    {
        var index = ClassOf(Math.Max(64, bytes), out var size);
        lock (gate)
        {
            for (var c = index; c < Math.Min(index + 3, Classes); c++) // a class up to three eighths larger will do
            {
                if (free[c] is { Count: > 0 } stack)
                    return stack.Pop();
            }
            AllocatedBytes += size;
        }
        var storage = allocate(size);
        storage.Pool = this;
        return storage;
    }

    internal void Return(Storage storage)
    {
        var index = ClassOf(storage.Bytes, out _);
        lock (gate)
            (free[index] ??= new Stack<Storage>()).Push(storage);
    }

    /// <summary>Gives all waiting buffers back to the system.</summary>
    public void Trim()
    {
        lock (gate)
        {
            foreach (var stack in free)
            {
                while (stack is { Count: > 0 })
                {
                    var storage = stack.Pop();
                    AllocatedBytes -= storage.Bytes;
                    storage.Free();
                }
            }
        }
    }

    static int ClassOf(long bytes, out long size)
    {
        var octave = 63 - BitOperations.LeadingZeroCount((ulong)bytes);
        var step = 1L << Math.Max(octave - 3, 6);
        size = (bytes + step - 1) / step * step;
        octave = 63 - BitOperations.LeadingZeroCount((ulong)size);
        return octave * 8 + (int)((size >> Math.Max(octave - 3, 0)) & 7);
    }
}
