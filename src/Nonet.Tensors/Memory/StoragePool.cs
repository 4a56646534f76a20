using System.Numerics;

namespace Nonet.Tensors.Memory;

/// <summary>
/// Reuses a device's buffers from step to step. Buffers are kept by size class, with eight classes per octave, so at most an eighth of a buffer is
/// unused. Steps of different sizes need buffers of different classes. Before a new buffer is allocated, waiting ones are therefore given back to the
/// system, so that the pool holds little more than the largest amount that was in use at once.
/// </summary>
public sealed class StoragePool
{
    readonly Func<long, Storage> allocate;

    /// <param name="allocate">Allocates a new storage of the given number of bytes.</param>
    internal StoragePool(Func<long, Storage> allocate) => this.allocate = allocate;

    const int Classes = 8 * 64;

    /// <summary>Bytes that the pool may hold beyond 1.25 times the largest amount that was in use at once.</summary>
    const long Spare = 16 << 20;

    readonly Stack<Storage>?[] free = new Stack<Storage>?[Classes];
    readonly Lock gate = new();
    long waiting, mostInUse;

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
                {
                    var ready = stack.Pop();
                    waiting -= ready.Bytes;
                    mostInUse = Math.Max(mostInUse, AllocatedBytes - waiting);
                    return ready;
                }
            }
            mostInUse = Math.Max(mostInUse, AllocatedBytes - waiting + size);
            GiveBack(AllocatedBytes + size - (mostInUse + mostInUse / 4 + Spare));
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
        {
            (free[index] ??= new Stack<Storage>()).Push(storage);
            waiting += storage.Bytes;
        }
    }

    /// <summary>Gives all waiting buffers back to the system.</summary>
    public void Trim()
    {
        lock (gate)
            GiveBack(waiting);
    }

    /// <summary>Gives waiting buffers back to the system, the largest first, until the given number of bytes is returned or none is left.</summary>
    void GiveBack(long bytes)
    {
        for (var c = Classes - 1; c >= 0 && bytes > 0; c--)
        {
            while (bytes > 0 && free[c] is { Count: > 0 } stack)
            {
                var storage = stack.Pop();
                AllocatedBytes -= storage.Bytes;
                waiting -= storage.Bytes;
                bytes -= storage.Bytes;
                storage.Free();
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
