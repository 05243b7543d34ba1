#include <framewell.h>

#include <stdio.h>

int main(void) {
    framewell_byte *frame;
    framewell_dword size = 60;
    if (RasGetBuffer(&frame, &size) != FRAMEWELL_SUCCESS) {
        return 1;
    }
    printf("%u bytes\n", (unsigned)size);
    return (int)RasFreeBuffer(frame);
}
