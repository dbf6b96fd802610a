#include <stdio.h>
int main(void) {
  puts("eigenstep");
  return 0;
}
